// The aligned address is only unmapped.
#include <ntddk.h>

VOID Clear(PMDL mdl)
{
    PUCHAR data = (PUCHAR)((ULONG_PTR)MmMapLockedPages(mdl, KernelMode) | MmGetMdlByteOffset(mdl)); // expect LS021

    RtlZeroMemory(data, MmGetMdlByteCount(mdl));
    MmUnmapLockedPages(PAGE_ALIGN(data), mdl);
}
