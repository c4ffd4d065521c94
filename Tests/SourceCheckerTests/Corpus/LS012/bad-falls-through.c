// The failure is noted, and then forgotten.
#include <ntddk.h>

NTSTATUS Status(PIRP Irp, ULONG value)
{
    NTSTATUS status = STATUS_SUCCESS;
    PULONG out = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority); // expect LS012

    if (out == NULL) {
        status = STATUS_INSUFFICIENT_RESOURCES;
        DbgPrint("cannot map\n");
    }
    *out = value;
    Irp->IoStatus.Status = status;
    return status;
}
