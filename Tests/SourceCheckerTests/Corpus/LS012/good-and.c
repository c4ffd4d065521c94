#include <ntddk.h>

BOOLEAN IsMarked(PMDL mdl)
{
    PUCHAR p = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    return p && p[0] == 0x55 && p[1] == 0xAA;
}
