#include <ntddk.h>

PMDL Allocate(SIZE_T n, PVOID *va)
{
    PHYSICAL_ADDRESS low, high, skip;
    PMDL m;

    low.QuadPart = 0;
    high.QuadPart = 0xFFFFFFFF;
    skip.QuadPart = 0;
    m = MmAllocatePagesForMdl(low, high, skip, n); // expect LS014
    if (m == NULL)
        return NULL;
    *va = MmGetSystemAddressForMdlSafe(m, NormalPagePriority);
    if (*va != NULL)
        RtlZeroMemory(*va, n);
    return m;
}
