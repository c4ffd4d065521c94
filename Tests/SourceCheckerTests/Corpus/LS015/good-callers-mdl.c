// The MDL is the caller's, who frees it either way.
#include <ntddk.h>

NTSTATUS LockGiven(PMDL mdl, LOCK_OPERATION operation)
{
    __try {
        MmProbeAndLockPages(mdl, UserMode, operation);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
