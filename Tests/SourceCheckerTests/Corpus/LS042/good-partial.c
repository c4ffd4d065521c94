#include <ntddk.h>

PMDL Part(PMDL source, ULONG skip, ULONG length)
{
    PUCHAR va = (PUCHAR)MmGetMdlVirtualAddress(source) + skip;
    PMDL part = IoAllocateMdl(va, length, FALSE, FALSE, NULL);

    if (part != NULL)
        IoBuildPartialMdl(source, part, va, length);
    return part;
}
