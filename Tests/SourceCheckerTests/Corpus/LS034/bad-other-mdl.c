#include <ntddk.h>

VOID Swap(PMDL from, PMDL to)
{
    PUCHAR source = MmMapLockedPagesSpecifyCache(from, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    PUCHAR target = MmMapLockedPagesSpecifyCache(to, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);

    if (source != NULL && target != NULL)
        RtlMoveMemory(target, source, MmGetMdlByteCount(from));
    if (source != NULL)
        MmUnmapLockedPages(source, to); // expect LS034
    if (target != NULL)
        MmUnmapLockedPages(target, to);
}
