#include <ntddk.h>

NTSTATUS Share(PMDL mdl, PKMUTEX lock, PVOID *address)
{
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        KeWaitForSingleObject(lock, Executive, KernelMode, FALSE, NULL);
        __try {
            *address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
        } __finally {
            KeReleaseMutex(lock, FALSE);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}
