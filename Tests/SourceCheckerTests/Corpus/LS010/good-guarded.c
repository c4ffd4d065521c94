#include <ntddk.h>

PVOID MapToProcess(PMDL m)
{
    PVOID u;

    __try {
        u = MmMapLockedPagesSpecifyCache(m, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        u = NULL;
    }
    return u;
}
