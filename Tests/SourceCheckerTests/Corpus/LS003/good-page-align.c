// Once aligned, the address lacks the offset again.
#include <ntddk.h>

VOID MarkPage(PMDL m, UCHAR mark)
{
    PUCHAR p = (PUCHAR)MmGetSystemAddressForMdlSafe(m, NormalPagePriority);

    if (p == NULL)
        return;
    p = (PUCHAR)PAGE_ALIGN(p) + MmGetMdlByteOffset(m);
    *p = mark;
}
