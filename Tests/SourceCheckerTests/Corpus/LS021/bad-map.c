#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    return (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, KernelMode) | MmGetMdlByteOffset(mdl)); // expect LS021
}
