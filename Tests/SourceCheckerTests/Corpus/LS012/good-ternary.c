#include <ntddk.h>

UCHAR FirstByte(PMDL mdl)
{
    PUCHAR p = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    return NULL != p ? *p : 0;
}
