// target nt400sp3..win11_24h2
// The builds for older releases do not have the call.
#include <ntddk.h>

PVOID Map(PMDL mdl)
{
#if (_WIN32_WINNT >= 0x0500)
    return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
#else
    return (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, KernelMode) | MmGetMdlByteOffset(mdl)); // expect LS021
#endif
}
