#include <ntddk.h>

typedef struct _PAIR {
    PMDL Pool;
    PMDL Locked;
} PAIR, *PPAIR;

PVOID Map(PPAIR pair)
{
    MmBuildMdlForNonPagedPool(pair->Pool);
    return MmMapLockedPagesSpecifyCache(pair->Locked, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}
