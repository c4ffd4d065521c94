#include <ntddk.h>

VOID Copy(PMDL m, PVOID src, ULONG n)
{
    RtlCopyMemory(MmMapLockedPages(m, KernelMode), src, n); // expect LS002 LS021
}
