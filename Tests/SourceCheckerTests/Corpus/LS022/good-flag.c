// target win8..win11_24h2
#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    return MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
}
