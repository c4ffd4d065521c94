#include <ntddk.h>

NTSTATUS Share(PVOID *user, PMDL *out, PVOID *kernel)
{
    PHYSICAL_ADDRESS top;
    PMDL mdl;
    PVOID frame;

    top.QuadPart = 0xFFFFFFFF;
    frame = MmAllocateContiguousMemory(16 * PAGE_SIZE, top);
    if (frame == NULL)
        return STATUS_NO_MEMORY;
    RtlZeroMemory(frame, 16 * PAGE_SIZE);
    mdl = IoAllocateMdl(frame, 16 * PAGE_SIZE, FALSE, FALSE, NULL);
    if (mdl == NULL) {
        MmFreeContiguousMemory(frame);
        return STATUS_NO_MEMORY;
    }
    MmBuildMdlForNonPagedPool(mdl);
    __try {
        *user = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmNonCached, NULL, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        MmFreeContiguousMemory(frame);
        return GetExceptionCode();
    }
    *kernel = frame;
    *out = mdl;
    return STATUS_SUCCESS;
}
