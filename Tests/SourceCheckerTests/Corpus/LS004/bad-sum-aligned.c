#include <ntddk.h>

VOID Clear(PMDL m, ULONG n)
{
    PVOID map = MmMapLockedPages(m, KernelMode); // expect LS021
    PVOID p = PAGE_ALIGN((ULONG_PTR)map + MmGetMdlByteOffset(m)); // expect LS004

    RtlZeroMemory(p, n);
    MmUnmapLockedPages(map, m);
}
