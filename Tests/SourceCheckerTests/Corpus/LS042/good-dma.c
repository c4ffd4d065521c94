// For the adapter it is a place in the MDL.
#include <ntddk.h>

PHYSICAL_ADDRESS Start(PADAPTER_OBJECT adapter, PMDL mdl, PVOID mapRegisters, PULONG length)
{
    PVOID va = MmGetMdlVirtualAddress(mdl);

    *length = MmGetMdlByteCount(mdl);
    return IoMapTransfer(adapter, mdl, mapRegisters, va, length, TRUE);
}
