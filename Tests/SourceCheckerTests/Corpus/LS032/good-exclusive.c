#include <ntddk.h>

PVOID Map(PMDL mdl, PVOID pool)
{
    if (pool != NULL) {
        MmBuildMdlForNonPagedPool(mdl);
        return pool;
    }
    return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}
