#include <ntddk.h>

VOID ClearStatus(PIRP Irp)
{
    PULONG status;

    status = (PULONG)MmMapLockedPages(Irp->MdlAddress, KernelMode); // expect LS002 LS021
    status[0] = 0;
    status[1] = 0;
}
