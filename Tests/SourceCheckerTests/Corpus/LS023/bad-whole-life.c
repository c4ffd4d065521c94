#include <ntddk.h>

NTSTATUS Test(SIZE_T size)
{
    PHYSICAL_ADDRESS zero, top;
    PMDL mdl;
    PUCHAR va;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    mdl = MmAllocatePagesForMdl(zero, top, zero, size);
    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    if (MmGetMdlByteCount(mdl) < size) {
        MmFreePagesFromMdl(mdl);
        ExFreePool(mdl);
        return STATUS_NO_MEMORY;
    }
    va = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    if (va == NULL) {
        MmFreePagesFromMdl(mdl);
        ExFreePool(mdl);
        return STATUS_NO_MEMORY;
    }
    va[0] = 1;
    MmFreePagesFromMdl(mdl); // expect LS023
    ExFreePool(mdl);
    return STATUS_SUCCESS;
}
