#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    PVOID va;

    mdl->MdlFlags |= MDL_MAPPING_CAN_FAIL;
    va = MmGetSystemAddressForMdl(mdl);
    mdl->MdlFlags &= ~MDL_MAPPING_CAN_FAIL;
    return va;
}
