#include <ntddk.h>

NTSTATUS WriteHeader(PMDL Mdl, ULONG Header)
{
    PUCHAR Base;
    PULONG Slot;

    Base = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    if (!Base)
        return STATUS_INSUFFICIENT_RESOURCES;
    Slot = (PULONG)(Base + MmGetMdlByteOffset(Mdl)); // expect LS003
    *Slot = Header;
    MmUnmapLockedPages(Base, Mdl);
    return STATUS_SUCCESS;
}
