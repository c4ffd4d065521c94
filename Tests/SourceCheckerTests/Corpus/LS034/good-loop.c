#include <ntddk.h>

ULONG Sum(PMDL chain)
{
    ULONG sum = 0;
    PMDL m;

    for (m = chain; m != NULL; m = m->Next) {
        PUCHAR p = MmMapLockedPagesSpecifyCache(m, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);

        if (p == NULL)
            break;
        sum += p[0];
        MmUnmapLockedPages(p, m);
    }
    return sum;
}
