#include <ntddk.h>

NTSTATUS Begin(PDEVICE_OBJECT target, PIRP irp, PVOID buffer, ULONG length)
{
    NTSTATUS status = STATUS_SUCCESS;
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    if (length > target->SectorSize)
        status = STATUS_INVALID_BUFFER_SIZE;
    if (NT_SUCCESS(status)) {
        MmBuildMdlForNonPagedPool(mdl);
        irp->MdlAddress = mdl;
    } else {
        IoFreeMdl(mdl);
    }
    return status;
}
