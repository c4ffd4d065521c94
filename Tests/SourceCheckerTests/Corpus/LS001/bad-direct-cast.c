#include <ntddk.h>

PVOID MapBuffer(PMDL mdl)
{
    PVOID address;

    address = (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, KernelMode) + MmGetMdlByteOffset(mdl)); // expect LS001 LS021
    return address;
}
