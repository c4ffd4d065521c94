#include <ntddk.h>

PVOID MapToProcess(PMDL m)
{
    return MmMapLockedPagesSpecifyCache(m, UserMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS010
}
