// The base address of an MDL has no offset.
#include <ntddk.h>

PMDL Clone(PMDL source)
{
    PUCHAR va = (PUCHAR)MmGetMdlBaseVa(source) + MmGetMdlByteOffset(source);
    PMDL clone = IoAllocateMdl(va, MmGetMdlByteCount(source), FALSE, FALSE, NULL);

    if (clone)
        IoBuildPartialMdl(source, clone, va, MmGetMdlByteCount(source));
    return clone;
}
