#include <ntddk.h>

NTSTATUS LockGuarded(PMDL mdl, PKSPIN_LOCK lock)
{
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL irql;

    KeAcquireSpinLock(lock, &irql);
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess); // expect LS024
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    KeReleaseSpinLock(lock, irql);
    return status;
}
