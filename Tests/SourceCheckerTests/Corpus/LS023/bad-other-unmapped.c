#include <ntddk.h>

VOID Swap(PMDL old, PMDL replacement)
{
    PVOID from = MmGetSystemAddressForMdlSafe(old, NormalPagePriority);
    PVOID to = MmGetSystemAddressForMdlSafe(replacement, NormalPagePriority);

    if (from != NULL && to != NULL)
        RtlCopyMemory(to, from, MmGetMdlByteCount(old));
    if (to != NULL)
        MmUnmapLockedPages(to, replacement);
    MmFreePagesFromMdl(old); // expect LS023
    ExFreePool(old);
}
