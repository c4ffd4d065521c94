#include <ntddk.h>

VOID Copy(PMDL m, PVOID src, ULONG n)
{
    RtlCopyMemory((PVOID)((ULONG_PTR)MmMapLockedPages(m, KernelMode) | MmGetMdlByteOffset(m)), src, n); // expect LS021
}
