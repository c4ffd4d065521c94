#include <ntddk.h>

ULONG Sum(PMDL chain)
{
    ULONG sum = 0;
    PMDL m;

    for (m = chain; m != NULL; m = m->Next) {
        PUCHAR p = MmGetSystemAddressForMdlSafe(m, NormalPagePriority);
        ULONG i;

        if (!p)
            continue;
        for (i = 0; i < MmGetMdlByteCount(m); i++)
            sum += p[i];
    }
    return sum;
}
