// target win10_1507..win11_24h2
#include <ntddk.h>

#define MAP_PRIORITY (NormalPagePriority | MdlMappingNoExecute)

PVOID Map(PMDL mdl)
{
    return MmGetSystemAddressForMdlSafe(mdl, MAP_PRIORITY);
}
