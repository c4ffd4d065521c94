// Mapping into system space is allowed under a spin lock.
#include <ntddk.h>

VOID Clear(PMDL mdl, PKSPIN_LOCK lock)
{
    KIRQL irql;
    PVOID va;

    KeAcquireSpinLock(lock, &irql);
    va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (va != NULL)
        RtlZeroMemory(va, MmGetMdlByteCount(mdl));
    KeReleaseSpinLock(lock, irql);
}
