// Zeroed, but not whole pages: what lies around it is shared too.
#include <ntddk.h>

NTSTATUS Share(PVOID *user, PMDL *out)
{
    PMDL mdl;
    PUCHAR block = ExAllocatePoolWithTag(NonPagedPool, 256, 'kcoB');

    if (!block)
        return STATUS_NO_MEMORY;
    RtlZeroMemory(block, 256);
    mdl = IoAllocateMdl(block, 256, FALSE, FALSE, NULL);
    if (!mdl) {
        ExFreePoolWithTag(block, 'kcoB');
        return STATUS_NO_MEMORY;
    }
    MmBuildMdlForNonPagedPool(mdl);
    __try {
        *user = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS045
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        *user = NULL;
    }
    *out = mdl;
    return STATUS_SUCCESS;
}
