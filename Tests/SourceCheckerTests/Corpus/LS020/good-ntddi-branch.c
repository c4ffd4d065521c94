// target wxp..win11_24h2
#include <ntddk.h>

#ifndef NTDDI_WIN8
#define NTDDI_WIN8 0x06020000
#endif

PVOID Map(PMDL mdl)
{
    ULONG priority = NormalPagePriority;

#if NTDDI_VERSION >= NTDDI_WIN8
    return MmGetSystemAddressForMdlSafe(mdl, priority | MdlMappingNoExecute);
#else
    return MmGetSystemAddressForMdlSafe(mdl, priority);
#endif
}
