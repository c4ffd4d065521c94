// What is cast is read through the address.
#include <ntddk.h>

ULONG FirstPointer(PMDL mdl)
{
    PVOID *va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (va == NULL)
        return 0;
    return (ULONG)(ULONG_PTR)*va;
}
