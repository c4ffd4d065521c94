#include <ntddk.h>

BOOLEAN WriteFirst(PMDL mdl, ULONG value)
{
    PULONG at = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, HighPagePriority); // expect LS012

    *at = value;
    if (at == NULL)
        return FALSE;
    return TRUE;
}
