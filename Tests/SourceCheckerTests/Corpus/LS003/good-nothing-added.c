#include <ntddk.h>

VOID Clear(PMDL m)
{
    PUCHAR p = (PUCHAR)MmGetSystemAddressForMdlSafe(m, NormalPagePriority);

    if (p == NULL)
        return;
    *p = 0;
}
