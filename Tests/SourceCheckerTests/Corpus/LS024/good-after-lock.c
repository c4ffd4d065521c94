#include <ntddk.h>

typedef struct _HEAP {
    KSPIN_LOCK Lock;
    PMDL Mdl;
} HEAP, *PHEAP;

VOID Empty(PHEAP heap)
{
    KIRQL irql;
    PMDL mdl;

    KeAcquireSpinLock(&heap->Lock, &irql);
    mdl = heap->Mdl;
    heap->Mdl = NULL;
    KeReleaseSpinLock(&heap->Lock, irql);
    if (mdl != NULL) {
        MmFreePagesFromMdl(mdl);
        ExFreePool(mdl);
    }
}
