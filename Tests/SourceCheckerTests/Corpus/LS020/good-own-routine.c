// target nt400sp3..win11_24h2
// The driver's own routine, called nearly the same.
#include <ntddk.h>

PVOID MyMapLockedPagesSpecifyCache(PMDL Mdl, KPROCESSOR_MODE Mode, MEMORY_CACHING_TYPE Type);

PVOID Map(PMDL mdl)
{
    return MyMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached);
}
