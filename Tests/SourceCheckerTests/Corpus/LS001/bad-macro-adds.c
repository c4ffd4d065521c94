#include <ntddk.h>

#define DATA_OF(page, mdl) ((PUCHAR)(page) + MmGetMdlByteOffset(mdl))

VOID Clear(PMDL mdl)
{
    PVOID page = MmMapLockedPages(mdl, KernelMode); // expect LS021
    PUCHAR data = DATA_OF(page, mdl); // expect LS001

    RtlZeroMemory(data, MmGetMdlByteCount(mdl));
    MmUnmapLockedPages(page, mdl);
}
