// target nt400sp3..win11_24h2
#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS020
}
