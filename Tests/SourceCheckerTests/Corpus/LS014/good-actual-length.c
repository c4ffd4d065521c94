// What was got is what is used.
#include <ntddk.h>

PVOID Allocate(SIZE_T n, PMDL *result, PULONG length)
{
    PHYSICAL_ADDRESS low, high, skip;
    PMDL m;
    PVOID va;

    low.QuadPart = 0;
    high.QuadPart = -1;
    skip.QuadPart = 0;
    m = MmAllocatePagesForMdl(low, high, skip, n);
    if (m == NULL)
        return NULL;
    va = MmGetSystemAddressForMdlSafe(m, NormalPagePriority);
    if (va != NULL)
        RtlZeroMemory(va, MmGetMdlByteCount(m));
    *length = MmGetMdlByteCount(m);
    *result = m;
    return va;
}
