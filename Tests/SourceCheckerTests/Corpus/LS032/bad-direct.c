#include <ntddk.h>

PVOID Map(PMDL m)
{
    MmBuildMdlForNonPagedPool(m);
    return MmMapLockedPagesSpecifyCache(m, KernelMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS032
}
