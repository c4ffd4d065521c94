// The lock is some blocks below the guard.
#include <ntddk.h>

NTSTATUS LockChain(PMDL first, BOOLEAN write)
{
    PMDL m;

    __try {
        for (m = first; m != NULL; m = m->Next) {
            if (write) {
                MmProbeAndLockPages(m, UserMode, IoWriteAccess);
            } else {
                MmProbeAndLockPages(m, UserMode, IoReadAccess);
            }
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
