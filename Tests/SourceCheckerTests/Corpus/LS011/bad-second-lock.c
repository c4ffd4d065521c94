#include <ntddk.h>

NTSTATUS LockBoth(PMDL in, PMDL out)
{
    __try {
        MmProbeAndLockPages(in, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    MmProbeAndLockPages(out, UserMode, IoWriteAccess); // expect LS011
    return STATUS_SUCCESS;
}
