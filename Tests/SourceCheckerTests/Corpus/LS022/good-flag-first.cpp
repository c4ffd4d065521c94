// target win8..win11_24h2
#include <ntddk.h>

const auto DataPriority = static_cast<MM_PAGE_PRIORITY>(MdlMappingNoExecute | HighPagePriority);

PVOID Map(PMDL mdl)
{
    return MmGetSystemAddressForMdlSafe(mdl, DataPriority);
}
