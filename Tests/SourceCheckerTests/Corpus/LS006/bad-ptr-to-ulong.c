#include <ntddk.h>

ULONG WindowOf(PMDL mdl)
{
    PVOID page = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmNonCached, NULL, FALSE, NormalPagePriority);

    if (page == NULL)
        return 0;
    return PtrToUlong(page); // expect LS006
}
