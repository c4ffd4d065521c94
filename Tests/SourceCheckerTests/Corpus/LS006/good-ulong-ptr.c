#include <ntddk.h>

VOID Clear(PMDL mdl, ULONG n)
{
    PVOID map = MmMapLockedPages(mdl, KernelMode); // expect LS021
    PVOID p = (PVOID)((ULONG_PTR)PAGE_ALIGN(map) + MmGetMdlByteOffset(mdl));

    RtlZeroMemory(p, n);
    MmUnmapLockedPages(map, mdl);
}
