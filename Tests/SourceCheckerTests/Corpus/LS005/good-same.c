#include <ntddk.h>

PVOID Map(PMDL a, PMDL b)
{
    DbgPrint("%p and %p\n", a, b);
    return (PVOID)((ULONG_PTR)MmMapLockedPages(a, KernelMode) | MmGetMdlByteOffset(a)); // expect LS021
}
