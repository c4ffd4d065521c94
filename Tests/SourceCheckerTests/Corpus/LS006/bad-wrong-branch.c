// The 64-bit branch is the one that truncates.
#include <ntddk.h>

VOID Store(PMDL mdl, ULONG_PTR offset)
{
    PUCHAR va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (va == NULL)
        return;
#ifdef _WIN64
    va = (PUCHAR)((ULONG)va + (ULONG)offset); // expect LS006
#else
    va = va + offset;
#endif
    *va = 0;
}
