#include <ntddk.h>

ULONG Checksum(PMDL mdl)
{
    PUCHAR p = (PUCHAR)MmMapLockedPages(mdl, KernelMode); // expect LS002 LS021
    ULONG sum = 0;
    ULONG i;

    for (i = 0; i < MmGetMdlByteCount(mdl); i++)
        sum += p[i];
    MmUnmapLockedPages(p, mdl);
    return sum;
}
