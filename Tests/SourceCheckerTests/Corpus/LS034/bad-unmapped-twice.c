#include <ntddk.h>

VOID Show(PMDL mdl, PULONG out)
{
    PULONG va = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);

    if (va == NULL)
        return;
    *out = *va;
    MmUnmapLockedPages(va, mdl);
    MmUnmapLockedPages(va, mdl); // expect LS034
}
