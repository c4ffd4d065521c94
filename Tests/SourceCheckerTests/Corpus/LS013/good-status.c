#include <ntddk.h>

NTSTATUS Describe(PVOID buffer, ULONG length, PMDL *result)
{
    NTSTATUS status;
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    status = (mdl == NULL) ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    if (NT_SUCCESS(status))
        MmBuildMdlForNonPagedPool(mdl);
    *result = mdl;
    return status;
}
