#include <ntddk.h>

typedef struct _HEAP {
    KSPIN_LOCK Lock;
    PMDL Mdl;
} HEAP, *PHEAP;

NTSTATUS Extend(PHEAP heap, SIZE_T size)
{
    PHYSICAL_ADDRESS zero, top;
    KLOCK_QUEUE_HANDLE handle;
    NTSTATUS status = STATUS_SUCCESS;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    KeAcquireInStackQueuedSpinLock(&heap->Lock, &handle);
    if (heap->Mdl == NULL) {
        heap->Mdl = MmAllocatePagesForMdlEx(zero, top, zero, size, MmCached, MM_ALLOCATE_FULLY_REQUIRED); // expect LS024
        if (heap->Mdl == NULL)
            status = STATUS_NO_MEMORY;
    }
    KeReleaseInStackQueuedSpinLock(&handle);
    return status;
}
