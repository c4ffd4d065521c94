#include <ntddk.h>

NTSTATUS Lock(PIRP Irp, PMDL mdl, BOOLEAN isRead)
{
    __try {
        MmProbeAndLockPages(mdl, Irp->RequestorMode, isRead ? IoWriteAccess : IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
