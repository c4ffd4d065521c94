// target nt400sp4..win11_24h2
#include <ntddk.h>

VOID Copy(PMDL m, PVOID src, ULONG n)
{
    RtlCopyMemory(MmMapLockedPages(m, KernelMode), src, n); // expect LS021
}
