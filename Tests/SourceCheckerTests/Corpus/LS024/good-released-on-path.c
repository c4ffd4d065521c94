// Where it allocates, the lock is let go.
#include <ntddk.h>

PMDL Take(PKSPIN_LOCK lock, PMDL *slot, SIZE_T size)
{
    PHYSICAL_ADDRESS zero, top;
    KIRQL irql;
    PMDL mdl;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    KeAcquireSpinLock(lock, &irql);
    if (*slot == NULL) {
        KeReleaseSpinLock(lock, irql);
        return MmAllocatePagesForMdlEx(zero, top, zero, size, MmCached, MM_ALLOCATE_FULLY_REQUIRED);
    }
    mdl = *slot;
    *slot = NULL;
    KeReleaseSpinLock(lock, irql);
    return mdl;
}
