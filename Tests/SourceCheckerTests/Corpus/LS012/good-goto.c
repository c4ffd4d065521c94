#include <ntddk.h>

NTSTATUS Answer(PIRP Irp, ULONG value)
{
    NTSTATUS status;
    PULONG out;

    out = (PULONG)MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (!out) {
        status = STATUS_INSUFFICIENT_RESOURCES;
        goto Exit;
    }
    *out = value;
    Irp->IoStatus.Information = sizeof(ULONG);
    status = STATUS_SUCCESS;
Exit:
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}
