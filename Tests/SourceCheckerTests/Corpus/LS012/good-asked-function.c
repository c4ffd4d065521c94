// Another file's function says whether the address will do.
#include <ntddk.h>

BOOLEAN IsUsable(PVOID address, ULONG length);

ULONG First(PMDL mdl)
{
    PULONG va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (!IsUsable(va, MmGetMdlByteCount(mdl)))
        return 0;
    return *va;
}
