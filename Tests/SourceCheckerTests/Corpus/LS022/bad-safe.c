#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    return MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority); // expect LS022
}
