// target nt400sp4..win11_24h2
#include <ntddk.h>

NTSTATUS ShareCounters(PMDL CountersMdl, PIRP Irp)
{
    PVOID *Output = Irp->AssociatedIrp.SystemBuffer;

    *Output = MmMapLockedPages(CountersMdl, UserMode); // expect LS010 LS021
    Irp->IoStatus.Information = sizeof(PVOID);
    return STATUS_SUCCESS;
}
