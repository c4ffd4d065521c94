// The pages are given back, the MDL itself is not.
#include <ntddk.h>

VOID Deflate(SIZE_T bytes)
{
    PHYSICAL_ADDRESS zero, top;
    PMDL mdl;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    mdl = MmAllocatePagesForMdlEx(zero, top, zero, bytes, MmCached, MM_ALLOCATE_FULLY_REQUIRED);
    if (mdl == NULL)
        return;
    MmFreePagesFromMdl(mdl);
} // expect LS030
