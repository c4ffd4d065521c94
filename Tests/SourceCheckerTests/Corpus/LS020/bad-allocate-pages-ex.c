// target w2k..win11_24h2
#include <ntddk.h>

PMDL Allocate(SIZE_T size)
{
    PHYSICAL_ADDRESS zero, top;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    return MmAllocatePagesForMdlEx(zero, top, zero, size, MmCached, MM_ALLOCATE_FULLY_REQUIRED); // expect LS020
}
