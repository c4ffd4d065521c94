#include <ntddk.h>

ULONG Pages(PMDL mdl)
{
    PVOID va = MmGetMdlVirtualAddress(mdl);

    DbgPrint("buffer at %p\n", va);
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, MmGetMdlByteCount(mdl));
}
