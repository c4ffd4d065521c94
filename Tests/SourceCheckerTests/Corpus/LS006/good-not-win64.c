#include <ntddk.h>

PVOID Displace(PMDL mdl, ULONG offset)
{
    PVOID va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (va == NULL)
        return NULL;
#ifndef _WIN64
    va = (PVOID)((ULONG)va + offset);
#else
    va = (PVOID)((ULONG64)va + offset);
#endif
    return va;
}
