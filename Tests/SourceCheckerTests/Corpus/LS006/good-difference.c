// The distance between two addresses is short.
#include <ntddk.h>

ULONG UsedBytes(PMDL mdl)
{
    PUCHAR start = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    PUCHAR end = start;

    if (start == NULL)
        return 0;
    while (*end != 0 && end < start + MmGetMdlByteCount(mdl))
        end++;
    return (ULONG)(end - start);
}
