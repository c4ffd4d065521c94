// One build maps by the new routine, the other still adds.
#include <ntddk.h>

PUCHAR MapForRead(PMDL Mdl)
{
    PUCHAR va;
#ifdef USE_SPECIFY_CACHE
    va = (PUCHAR)MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
#else
    va = (PUCHAR)MmMapLockedPages(Mdl, KernelMode); // expect LS021
    va = va + MmGetMdlByteOffset(Mdl); // expect LS001
#endif
    return va;
}
