#include <ntddk.h>

NTSTATUS Again(PVOID pool, PVOID userBuffer, ULONG length, PMDL *out)
{
    PMDL mdl = IoAllocateMdl(pool, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    MmBuildMdlForNonPagedPool(mdl);
    IoFreeMdl(mdl);
    mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);
    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return GetExceptionCode();
    }
    *out = mdl;
    return STATUS_SUCCESS;
}
