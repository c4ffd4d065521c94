#include <ntddk.h>

ULONG First(PMDL mdl)
{
    PVOID va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    PULONG words = (PULONG)va;

    if (words == NULL)
        return 0;
    return *(PULONG)va + words[1];
}
