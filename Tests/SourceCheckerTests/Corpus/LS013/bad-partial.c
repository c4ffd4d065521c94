#include <ntddk.h>

PMDL Part(PMDL source, ULONG skip, ULONG length)
{
    PUCHAR va = (PUCHAR)MmGetMdlVirtualAddress(source) + skip;
    PMDL part;

    part = IoAllocateMdl(va, length, FALSE, FALSE, NULL); // expect LS013
    IoBuildPartialMdl(source, part, va, length);
    return part;
}
