#include <ntddk.h>

PVOID Map(PMDL a, PMDL b)
{
    return (PVOID)((ULONG_PTR)MmMapLockedPages(a, KernelMode) | MmGetMdlByteOffset(b)); // expect LS005 LS021
}
