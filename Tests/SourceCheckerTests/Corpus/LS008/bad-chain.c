#include <ntddk.h>

ULONG Sum(PMDL first)
{
    ULONG sum = 0;
    PMDL m;

    for (m = first; m; m = m->Next) {
        PUCHAR data = (PUCHAR)m->MappedSystemVa; // expect LS008
        ULONG i;
        for (i = 0; i < MmGetMdlByteCount(m); i++)
            sum += data[i];
    }
    return sum;
}
