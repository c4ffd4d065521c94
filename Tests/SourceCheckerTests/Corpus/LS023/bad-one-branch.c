#include <ntddk.h>

VOID Discard(PMDL mdl, BOOLEAN keepMapped)
{
    PVOID va = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmNonCached, NULL, FALSE, NormalPagePriority);

    if (va == NULL)
        return;
    RtlZeroMemory(va, MmGetMdlByteCount(mdl));
    if (!keepMapped)
        MmUnmapLockedPages(va, mdl);
    MmFreePagesFromMdl(mdl); // expect LS023
    ExFreePool(mdl);
}
