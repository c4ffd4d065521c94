#include <ntddk.h>

VOID Show(PMDL mdl, BOOLEAN map, PULONG out)
{
    PULONG va = NULL;

    if (map)
        va = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    if (va != NULL)
        *out = *va;
    if (va != NULL)
        MmUnmapLockedPages(va, mdl);
    MmUnlockPages(mdl);
}
