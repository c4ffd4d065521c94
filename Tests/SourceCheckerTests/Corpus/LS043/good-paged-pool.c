// The driver's own paged memory.
#include <ntddk.h>

PMDL LockTable(PVOID table, ULONG size)
{
    PMDL mdl = IoAllocateMdl(table, size, FALSE, FALSE, NULL);

    if (!mdl)
        return NULL;
    __try {
        MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return NULL;
    }
    return mdl;
}
