#include <ntddk.h>

PVOID MapOrFree(PMDL mdl)
{
    PVOID va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (va == NULL) {
        MmFreePagesFromMdl(mdl);
        ExFreePool(mdl);
    }
    return va;
}
