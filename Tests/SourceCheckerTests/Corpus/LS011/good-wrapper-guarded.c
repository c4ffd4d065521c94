#include <ntddk.h>

static VOID LockForWrite(PMDL mdl)
{
    MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
}

NTSTATUS Begin(PMDL mdl)
{
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        LockForWrite(mdl);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = STATUS_INVALID_USER_BUFFER;
    }
    return status;
}
