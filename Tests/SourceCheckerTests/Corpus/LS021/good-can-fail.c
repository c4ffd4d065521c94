// The way to a NULL on NT 4.0 and Windows 98.
#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    PVOID va;

    mdl->MdlFlags |= MDL_MAPPING_CAN_FAIL;
    va = MmGetSystemAddressForMdl(mdl);
    mdl->MdlFlags &= ~MDL_MAPPING_CAN_FAIL;
    return va;
}
