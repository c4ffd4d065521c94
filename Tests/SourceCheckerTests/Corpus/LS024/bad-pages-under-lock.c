#include <ntddk.h>

PMDL Grow(PKSPIN_LOCK lock, SIZE_T size)
{
    PHYSICAL_ADDRESS zero, top;
    KIRQL irql;
    PMDL mdl;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    KeAcquireSpinLock(lock, &irql);
    mdl = MmAllocatePagesForMdlEx(zero, top, zero, size, MmCached, MM_ALLOCATE_FULLY_REQUIRED); // expect LS024
    KeReleaseSpinLock(lock, irql);
    return mdl;
}
