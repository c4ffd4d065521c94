// target win7..win11_24h2
#include <ntddk.h>

VOID Use(PMDL m, SIZE_T n)
{
    PVOID va = MmGetSystemAddressForMdlSafe(m, NormalPagePriority);

    if (va != NULL)
        RtlZeroMemory(va, n);
    MmFreePagesFromMdl(m);
    ExFreePool(m);
}
