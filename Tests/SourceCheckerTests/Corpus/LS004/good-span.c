#include <ntddk.h>

ULONG Pages(PMDL m)
{
    PUCHAR va = (PUCHAR)MmGetMdlVirtualAddress(m);
    PVOID last = PAGE_ALIGN(va + MmGetMdlByteCount(m) - 1);

    return (ULONG)(((PUCHAR)last - (PUCHAR)PAGE_ALIGN(va)) >> PAGE_SHIFT) + 1;
}
