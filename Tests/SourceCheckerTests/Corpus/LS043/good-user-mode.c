#include <ntddk.h>

PMDL LockUserMemory(PVOID userAddress, ULONG size)
{
    PMDL mdl = IoAllocateMdl(userAddress, size, FALSE, FALSE, NULL);

    if (!mdl)
        return NULL;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return NULL;
    }
    return mdl;
}
