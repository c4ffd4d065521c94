// target win8..win11_24h2
// Not writable, but still executable.
#include <ntddk.h>

PVOID MapToRead(PMDL mdl)
{
    return MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoWrite); // expect LS022
}
