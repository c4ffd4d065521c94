// Another file's function lets the lock go.
#include <ntddk.h>

typedef struct _GATE {
    KSPIN_LOCK Lock;
    PMDL Mdl;
} GATE, *PGATE;

VOID DropLock(PKSPIN_LOCK lock, KIRQL irql);

NTSTATUS Pass(PGATE gate)
{
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL irql;

    KeAcquireSpinLock(&gate->Lock, &irql);
    DropLock(&gate->Lock, irql);
    __try {
        MmProbeAndLockPages(gate->Mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}
