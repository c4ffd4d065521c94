// Aligned on purpose: the MDL is to describe whole pages.
#include <ntddk.h>

PMDL DescribePages(PUCHAR va, PMDL like)
{
    PVOID first = PAGE_ALIGN(va + MmGetMdlByteOffset(like));

    return IoAllocateMdl(first, PAGE_SIZE, FALSE, FALSE, NULL);
}
