#include <ntddk.h>

PVOID Map(PMDL mdl, BOOLEAN isPaging)
{
    return MmGetSystemAddressForMdlSafe(mdl, isPaging ? HighPagePriority : NormalPagePriority); // expect LS022
}
