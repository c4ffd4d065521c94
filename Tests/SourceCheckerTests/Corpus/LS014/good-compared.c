#include <ntddk.h>

PMDL Allocate(SIZE_T n)
{
    PHYSICAL_ADDRESS low, high, skip;
    PMDL m;

    low.QuadPart = 0;
    high.QuadPart = 0xFFFFFFFF;
    skip.QuadPart = 0;
    m = MmAllocatePagesForMdl(low, high, skip, n);
    if (m != NULL && MmGetMdlByteCount(m) < n) {
        MmFreePagesFromMdl(m);
        ExFreePool(m);
        m = NULL;
    }
    return m;
}
