#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    ULONG_PTR address = (ULONG_PTR)MmMapLockedPages(mdl, KernelMode); // expect LS021
    PVOID page = PAGE_ALIGN(address);
    ULONG offset = MmGetMdlByteOffset(mdl);

    address = (ULONG_PTR)page;
    address += offset;
    return (PVOID)address;
}
