#include <ntddk.h>

ULONG Pages(PMDL mdl)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl)) +
           BYTES_TO_PAGES(MmGetMdlByteOffset(mdl));
}
