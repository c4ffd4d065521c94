#include <ntddk.h>

VOID Clear(PMDL m)
{
    PUCHAR p = (PUCHAR)MmGetSystemAddressForMdlSafe(m, NormalPagePriority);

    if (p == NULL)
        return;
    p = p + MmGetMdlByteOffset(m); // expect LS003
    *p = 0;
}
