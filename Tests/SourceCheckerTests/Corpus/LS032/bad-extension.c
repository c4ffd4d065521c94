#include <ntddk.h>

typedef struct _DMA {
    PVOID Buffer;
    PMDL Mdl;
    PVOID Alias;
} DMA, *PDMA;

VOID MakeAlias(PDMA dma, BOOLEAN cached)
{
    MmBuildMdlForNonPagedPool(dma->Mdl);
    if (cached)
        dma->Alias = dma->Buffer;
    else
        dma->Alias = MmMapLockedPagesSpecifyCache(dma->Mdl, KernelMode, MmNonCached, // expect LS032
                                                  NULL, FALSE, NormalPagePriority);
}
