#include <ntddk.h>

#define LOCK_QUIETLY 1

NTSTATUS Lock(PIRP Irp, PMDL mdl, ULONG flags)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (flags & LOCK_QUIETLY) {
        __try {
            MmProbeAndLockPages(mdl, Irp->RequestorMode, IoModifyAccess);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
        }
    } else {
        MmProbeAndLockPages(mdl, Irp->RequestorMode, IoModifyAccess); // expect LS011
    }
    return status;
}
