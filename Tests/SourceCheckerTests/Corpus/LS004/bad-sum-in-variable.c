#include <ntddk.h>

VOID Store(PMDL mdl, ULONG value)
{
    PUCHAR page = MmMapLockedPages(mdl, KernelMode); // expect LS021
    ULONG_PTR sum = (ULONG_PTR)page | MmGetMdlByteOffset(mdl);
    PULONG slot;

    slot = (PULONG)PAGE_ALIGN(sum); // expect LS004
    *slot = value;
    MmUnmapLockedPages(page, mdl);
}
