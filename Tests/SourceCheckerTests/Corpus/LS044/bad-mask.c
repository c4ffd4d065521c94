#include <ntddk.h>

NTSTATUS Lock(PMDL m)
{
    __try {
        MmProbeAndLockPages(m, UserMode, IoReadAccess | IoWriteAccess); // expect LS044
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
