#include <ntddk.h>

NTSTATUS LockAndMap(PMDL mdl, PVOID *address)
{
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    *address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS010
    return STATUS_SUCCESS;
}
