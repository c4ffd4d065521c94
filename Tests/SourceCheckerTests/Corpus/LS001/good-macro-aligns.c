#include <ntddk.h>

#define DATA_OF(page, mdl) ((PUCHAR)PAGE_ALIGN(page) + MmGetMdlByteOffset(mdl))

VOID Clear(PMDL mdl)
{
    PVOID page = MmMapLockedPages(mdl, KernelMode); // expect LS021

    RtlZeroMemory(DATA_OF(page, mdl), MmGetMdlByteCount(mdl));
    MmUnmapLockedPages(page, mdl);
}
