#include <ntddk.h>

PMDL Describe(PVOID b, ULONG n)
{
    PMDL m = IoAllocateMdl(b, n, FALSE, FALSE, NULL); // expect LS013

    MmBuildMdlForNonPagedPool(m);
    return m;
}
