#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    PVOID va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    DbgPrint("mapped at %08lx\n", (ULONG)va);
    return va;
}
