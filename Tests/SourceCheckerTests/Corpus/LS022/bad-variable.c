#include <ntddk.h>

PVOID Map(PMDL mdl, BOOLEAN isPaging)
{
    ULONG priority = isPaging ? HighPagePriority : NormalPagePriority;

    return MmGetSystemAddressForMdlSafe(mdl, priority); // expect LS022
}
