#include <ntddk.h>

#define SHARED_BYTES (2 * PAGE_SIZE)

NTSTATUS Share(PVOID *kernel, PVOID *user, PMDL *out)
{
    PMDL mdl;
    PVOID pages = ExAllocatePoolWithTag(NonPagedPool, SHARED_BYTES, 'egaP');

    if (pages == NULL)
        return STATUS_NO_MEMORY;
    RtlZeroMemory(pages, SHARED_BYTES);
    mdl = IoAllocateMdl(pages, SHARED_BYTES, FALSE, FALSE, NULL);
    if (mdl == NULL) {
        ExFreePoolWithTag(pages, 'egaP');
        return STATUS_NO_MEMORY;
    }
    MmBuildMdlForNonPagedPool(mdl);
    __try {
        *user = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        ExFreePoolWithTag(pages, 'egaP');
        return GetExceptionCode();
    }
    *kernel = pages;
    *out = mdl;
    return STATUS_SUCCESS;
}
