#include <ntddk.h>

typedef struct _HEAP {
    KSPIN_LOCK Lock;
    PMDL Mdl;
} HEAP, *PHEAP;

NTSTATUS Extend(PHEAP heap, SIZE_T size)
{
    PHYSICAL_ADDRESS zero, top;
    KIRQL irql;
    PMDL mdl;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    mdl = MmAllocatePagesForMdlEx(zero, top, zero, size, MmCached, MM_ALLOCATE_FULLY_REQUIRED);
    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    KeAcquireSpinLock(&heap->Lock, &irql);
    heap->Mdl = mdl;
    KeReleaseSpinLock(&heap->Lock, irql);
    return STATUS_SUCCESS;
}
