#include <ntddk.h>

VOID Clear(PMDL mdl, ULONG n)
{
    PVOID map = MmMapLockedPages(mdl, KernelMode); // expect LS021
    PVOID p = (PVOID)((ULONG)PAGE_ALIGN(map) + MmGetMdlByteOffset(mdl)); // expect LS006

    RtlZeroMemory(p, n);
    MmUnmapLockedPages(map, mdl);
}
