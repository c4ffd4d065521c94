// The virtual address has the offset too.
#include <ntddk.h>

PMDL Half(PMDL source)
{
    PUCHAR va = (PUCHAR)MmGetMdlVirtualAddress(source) + MmGetMdlByteOffset(source); // expect LS003
    PMDL half = IoAllocateMdl(va, MmGetMdlByteCount(source) / 2, FALSE, FALSE, NULL);

    if (half != NULL)
        IoBuildPartialMdl(source, half, va, MmGetMdlByteCount(source) / 2);
    return half;
}
