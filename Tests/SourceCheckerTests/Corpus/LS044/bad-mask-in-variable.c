#include <ntddk.h>

NTSTATUS Lock(PMDL mdl, BOOLEAN both)
{
    LOCK_OPERATION operation = IoReadAccess;

    if (both)
        operation = (LOCK_OPERATION)(IoReadAccess | IoWriteAccess);
    __try {
        MmProbeAndLockPages(mdl, UserMode, operation); // expect LS044
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
