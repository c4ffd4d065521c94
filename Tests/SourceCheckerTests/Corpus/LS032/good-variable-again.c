// By then the variable is another MDL.
#include <ntddk.h>

PVOID Map(PMDL pool, PMDL locked)
{
    PMDL mdl = pool;

    MmBuildMdlForNonPagedPool(mdl);
    mdl = locked;
    return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}
