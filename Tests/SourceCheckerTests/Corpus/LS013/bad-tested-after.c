#include <ntddk.h>

NTSTATUS Prepare(PVOID buffer, ULONG length, PMDL *out)
{
    NTSTATUS status = STATUS_SUCCESS;
    PMDL mdl;

    mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL); // expect LS013
    MmBuildMdlForNonPagedPool(mdl);
    if (mdl == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;
    *out = mdl;
    return status;
}
