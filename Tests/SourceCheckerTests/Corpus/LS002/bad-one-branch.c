// Only one of the branches adjusts the address.
#include <ntddk.h>

VOID Put(PMDL mdl, BOOLEAN isShared, ULONG value)
{
    PVOID page = MmMapLockedPages(mdl, KernelMode); // expect LS002 LS021
    PULONG at;

    if (isShared)
        at = (PULONG)((ULONG_PTR)page | MmGetMdlByteOffset(mdl));
    else
        at = (PULONG)page;
    *at = value;
    MmUnmapLockedPages(page, mdl);
}
