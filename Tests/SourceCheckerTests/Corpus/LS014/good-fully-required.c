#include <ntddk.h>

PMDL Allocate(SIZE_T n)
{
    PHYSICAL_ADDRESS low, high, skip;

    low.QuadPart = 0;
    high.QuadPart = -1;
    skip.QuadPart = 0;
    return MmAllocatePagesForMdlEx(low, high, skip, n, MmCached, MM_ALLOCATE_FULLY_REQUIRED);
}
