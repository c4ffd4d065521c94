#include <ntddk.h>

ULONG Twice(PMDL mdl)
{
    PULONG va;
    ULONG sum = 0;
    int i;

    for (i = 0; i < 2; i++) {
        va = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
        if (va == NULL)
            return sum;
        sum += va[i];
        MmUnmapLockedPages(va, mdl);
    }
    return sum;
}
