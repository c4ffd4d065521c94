#include <ntddk.h>

PVOID Map(PMDL mdl, BOOLEAN pool)
{
    PVOID va = NULL;

    if (pool)
        MmBuildMdlForNonPagedPool(mdl);
    if (pool)
        va = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS032
    return va;
}
