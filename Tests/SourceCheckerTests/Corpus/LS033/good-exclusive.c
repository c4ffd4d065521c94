#include <ntddk.h>

NTSTATUS Prepare(PMDL mdl, BOOLEAN pool)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (pool) {
        MmBuildMdlForNonPagedPool(mdl);
    } else {
        __try {
            MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
        }
    }
    return status;
}
