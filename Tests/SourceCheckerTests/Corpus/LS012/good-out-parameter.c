// Who gets the address tests it.
#include <ntddk.h>

VOID MapFor(PMDL mdl, PVOID *address, PULONG length)
{
    *address = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    *length = MmGetMdlByteCount(mdl);
}
