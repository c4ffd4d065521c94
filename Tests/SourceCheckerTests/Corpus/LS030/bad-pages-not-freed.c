// ExFreePool frees the MDL, but not its pages.
#include <ntddk.h>

ULONG Count(SIZE_T bytes)
{
    PHYSICAL_ADDRESS zero, top;
    PMDL mdl;
    ULONG count;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    mdl = MmAllocatePagesForMdl(zero, top, zero, bytes);
    if (mdl == NULL)
        return 0;
    count = MmGetMdlByteCount(mdl) / PAGE_SIZE;
    ExFreePool(mdl);
    return count; // expect LS030
}
