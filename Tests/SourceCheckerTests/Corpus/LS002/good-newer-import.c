// The image does not load before Service Pack 4: the other routine is not there.
#include <ntddk.h>

PVOID MapOld(PMDL mdl)
{
    return MmMapLockedPages(mdl, KernelMode); // expect LS021
}

PVOID MapNew(PMDL mdl)
{
    return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}
