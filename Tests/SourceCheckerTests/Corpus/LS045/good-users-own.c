// The memory came from the process in the first place.
#include <ntddk.h>

NTSTATUS Alias(PVOID userBuffer, ULONG length, PVOID *alias, PMDL *out)
{
    PVOID bookkeeping = ExAllocatePoolWithTag(NonPagedPool, 64, 'pkeB');
    PMDL mdl;

    if (bookkeeping == NULL)
        return STATUS_NO_MEMORY;
    mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);
    if (mdl == NULL) {
        ExFreePoolWithTag(bookkeeping, 'pkeB');
        return STATUS_NO_MEMORY;
    }
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        ExFreePoolWithTag(bookkeeping, 'pkeB');
        return GetExceptionCode();
    }
    alias[1] = bookkeeping;
    *out = mdl;
    __try {
        alias[0] = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        alias[0] = NULL;
    }
    return STATUS_SUCCESS;
}
