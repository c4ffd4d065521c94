// A length, not an address.
#include <ntddk.h>

ULONG_PTR BytesInPages(PMDL m)
{
    return ROUND_TO_PAGES(MmGetMdlByteCount(m) + MmGetMdlByteOffset(m));
}
