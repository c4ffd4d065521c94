#include <ntddk.h>

VOID Clear(PMDL m, ULONG n)
{
    PVOID map = MmMapLockedPages(m, KernelMode); // expect LS021
    PVOID p = (PUCHAR)PAGE_ALIGN(map) + MmGetMdlByteOffset(m);

    RtlZeroMemory(p, n);
    MmUnmapLockedPages(map, m);
}
