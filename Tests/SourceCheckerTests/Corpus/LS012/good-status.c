// The status says whether the address is there.
#include <ntddk.h>

NTSTATUS Answer(PIRP Irp, ULONG value)
{
    NTSTATUS status = STATUS_SUCCESS;
    PULONG out;

    out = (PULONG)MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (out == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;

    if (NT_SUCCESS(status)) {
        *out = value;
        Irp->IoStatus.Information = sizeof(ULONG);
    }
    Irp->IoStatus.Status = status;
    return status;
}
