#include <ntddk.h>

VOID Use(PMDL m, SIZE_T n)
{
    PVOID va = MmGetSystemAddressForMdlSafe(m, NormalPagePriority);

    if (va != NULL)
        RtlZeroMemory(va, n);
    MmFreePagesFromMdl(m); // expect LS023
    ExFreePool(m);
}
