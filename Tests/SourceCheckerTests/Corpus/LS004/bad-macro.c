#include <ntddk.h>

#define BUFFER_OF(map, mdl) PAGE_ALIGN((ULONG_PTR)(map) + MmGetMdlByteOffset(mdl))

VOID Clear(PMDL mdl)
{
    PVOID map = MmMapLockedPages(mdl, KernelMode); // expect LS021
    PUCHAR data = (PUCHAR)BUFFER_OF(map, mdl); // expect LS004

    data[0] = 0;
    MmUnmapLockedPages(map, mdl);
}
