// The MDL becomes the request's, and is tested there.
#include <ntddk.h>

NTSTATUS Attach(PIRP Irp, PVOID buffer, ULONG length)
{
    IoAllocateMdl(buffer, length, FALSE, FALSE, Irp);
    if (Irp->MdlAddress == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(Irp->MdlAddress);
    return STATUS_SUCCESS;
}
