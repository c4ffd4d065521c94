#include <ntddk.h>

PVOID Map(PMDL m)
{
    MmBuildMdlForNonPagedPool(m);
    return MmGetSystemAddressForMdlSafe(m, NormalPagePriority);
}
