// The sum is made early, but it is the mapping that is tested, before the sum is used.
#include <ntddk.h>

BOOLEAN Put(PMDL mdl, ULONG offset, UCHAR value)
{
    PUCHAR base = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    PUCHAR at = base + offset;

    if (base == NULL)
        return FALSE;
    *at = value;
    return TRUE;
}
