// Only what was locked is unlocked.
#include <ntddk.h>

VOID Release(PMDL mdl, BOOLEAN fromPool)
{
    if (!fromPool)
        MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

PMDL Get(PVOID buffer, ULONG length, BOOLEAN fromPool)
{
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return NULL;
    if (fromPool) {
        MmBuildMdlForNonPagedPool(mdl);
        return mdl;
    }
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        mdl = NULL;
    }
    return mdl;
}
