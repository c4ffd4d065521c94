#include <ntddk.h>

PUCHAR Map(PMDL Mdl)
{
    ULONG_PTR page = (ULONG_PTR)MmMapLockedPages(Mdl, KernelMode) & ~((ULONG_PTR)PAGE_SIZE - 1); // expect LS021

    return (PUCHAR)page + MmGetMdlByteOffset(Mdl);
}
