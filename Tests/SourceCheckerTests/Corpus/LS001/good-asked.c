// Adds the offset only where it is missing.
#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    PUCHAR va = (PUCHAR)MmMapLockedPages(mdl, KernelMode); // expect LS021

    if (BYTE_OFFSET(va) != MmGetMdlByteOffset(mdl))
        va += MmGetMdlByteOffset(mdl);
    return va;
}

PVOID MapOther(PMDL mdl)
{
    ULONG_PTR va = (ULONG_PTR)MmMapLockedPages(mdl, KernelMode); // expect LS021

    if ((va & (PAGE_SIZE - 1)) == 0)
        va |= MmGetMdlByteOffset(mdl);
    return (PVOID)va;
}
