#include <ntddk.h>

NTSTATUS Lock(PIRP Irp, PMDL mdl)
{
    KPROCESSOR_MODE mode = KernelMode;

    if (Irp->RequestorMode != KernelMode)
        mode = UserMode;
    __try {
        MmProbeAndLockPages(mdl, mode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
