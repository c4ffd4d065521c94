// Whether it is aligned is for the low bits to say.
#include <ntddk.h>

BOOLEAN IsAligned(PMDL mdl, PDEVICE_OBJECT device)
{
    PUCHAR va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (va == NULL)
        return FALSE;
    if ((ULONG)va & 3)
        return FALSE;
    if ((ULONG)va % sizeof(ULONG) != 0)
        return FALSE;
    return ((ULONG)(ULONG_PTR)va & device->AlignmentRequirement) == 0;
}
