// target nt400sp4..win11_24h2
#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}
