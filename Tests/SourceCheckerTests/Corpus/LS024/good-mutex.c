// A mutex leaves the IRQL low enough.
#include <ntddk.h>

NTSTATUS LockGuarded(PMDL mdl, PFAST_MUTEX mutex)
{
    NTSTATUS status = STATUS_SUCCESS;

    ExAcquireFastMutex(mutex);
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ExReleaseFastMutex(mutex);
    return status;
}
