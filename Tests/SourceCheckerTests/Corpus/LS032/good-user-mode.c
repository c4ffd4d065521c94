// Into the process, not into system space again.
#include <ntddk.h>

NTSTATUS Share(PMDL mdl, PVOID *address)
{
    MmBuildMdlForNonPagedPool(mdl);
    __try {
        *address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
