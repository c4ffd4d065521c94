// target win7..win11_24h2
// Before Windows 8 the flag is no priority.
#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    return MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute); // expect LS020
}
