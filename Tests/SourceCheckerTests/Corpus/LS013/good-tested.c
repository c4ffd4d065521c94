#include <ntddk.h>

PMDL Describe(PVOID b, ULONG n)
{
    PMDL m = IoAllocateMdl(b, n, FALSE, FALSE, NULL);

    if (m == NULL)
        return NULL;
    MmBuildMdlForNonPagedPool(m);
    return m;
}
