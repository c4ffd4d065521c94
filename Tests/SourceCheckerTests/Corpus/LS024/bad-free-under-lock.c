#include <ntddk.h>

typedef struct _POOL_OF_PAGES {
    KSPIN_LOCK Lock;
    PMDL Mdl;
} POOL_OF_PAGES, *PPOOL_OF_PAGES;

VOID Empty(PPOOL_OF_PAGES pages)
{
    KIRQL irql;

    KeAcquireSpinLock(&pages->Lock, &irql);
    if (pages->Mdl != NULL) {
        MmFreePagesFromMdl(pages->Mdl); // expect LS024
        ExFreePool(pages->Mdl);
        pages->Mdl = NULL;
    }
    KeReleaseSpinLock(&pages->Lock, irql);
}
