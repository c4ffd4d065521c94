#include <ntddk.h>

NTSTATUS Share(PVOID userBuffer, ULONG length)
{
    NTSTATUS status = STATUS_SUCCESS;
    PVOID alias = NULL;
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return GetExceptionCode();
    }
    __try {
        alias = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    DbgPrint("again at %p\n", alias);
    MmUnlockPages(mdl); // expect LS034
    IoFreeMdl(mdl);
    return status;
}
