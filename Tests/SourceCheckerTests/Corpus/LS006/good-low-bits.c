// Only the place in the page is kept.
#include <ntddk.h>

ULONG PlaceInPage(PMDL mdl)
{
    PVOID va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (va == NULL)
        return 0;
    return (ULONG)((ULONG_PTR)va & (PAGE_SIZE - 1));
}
