// A test of the low bits says nothing of NULL.
#include <ntddk.h>

ULONG First(PMDL mdl)
{
    PULONG va = (PULONG)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority); // expect LS012

    if ((ULONG_PTR)va & 0xFFF)
        return 1;
    return *va;
}
