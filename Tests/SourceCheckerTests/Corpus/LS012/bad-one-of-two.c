#include <ntddk.h>

VOID CopyBetween(PMDL from, PMDL to, ULONG length)
{
    PVOID source = MmGetSystemAddressForMdlSafe(from, NormalPagePriority);
    PVOID target = MmGetSystemAddressForMdlSafe(to, NormalPagePriority); // expect LS012

    if (source == NULL)
        return;
    RtlMoveMemory(target, source, length);
}
