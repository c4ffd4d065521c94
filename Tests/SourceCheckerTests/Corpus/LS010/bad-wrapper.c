// One caller of the wrapper is guarded, the other is not.
#include <ntddk.h>

static PVOID MapUser(PMDL mdl)
{
    return MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS010
}

PVOID MapFirst(PMDL mdl)
{
    PVOID va = NULL;

    __try {
        va = MapUser(mdl);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        va = NULL;
    }
    return va;
}

PVOID MapSecond(PMDL mdl)
{
    return MapUser(mdl);
}
