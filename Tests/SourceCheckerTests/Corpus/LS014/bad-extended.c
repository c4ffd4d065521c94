// Zeroed or not, there may be fewer pages.
#include <ntddk.h>

PVOID AllocateQuick(ULONG bytes, PMDL *mdl)
{
    PHYSICAL_ADDRESS low = {0}, high, skip = {0};
    PUCHAR va;

    high.QuadPart = MAXLONGLONG;
    *mdl = MmAllocatePagesForMdlEx(low, high, skip, bytes, MmCached, MM_DONT_ZERO_ALLOCATION); // expect LS014
    if (*mdl == NULL)
        return NULL;
    va = MmMapLockedPagesSpecifyCache(*mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    if (va != NULL)
        va[bytes - 1] = 0;
    return va;
}
