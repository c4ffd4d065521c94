// The offset is added to the bounce buffer, not to the mapping.
#include <ntddk.h>

BOOLEAN Bounce(PMDL mdl, PUCHAR bouncePage)
{
    PUCHAR system = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    PUCHAR target = bouncePage + MmGetMdlByteOffset(mdl);

    if (system == NULL)
        return FALSE;
    RtlCopyMemory(target, system, MmGetMdlByteCount(mdl));
    return TRUE;
}
