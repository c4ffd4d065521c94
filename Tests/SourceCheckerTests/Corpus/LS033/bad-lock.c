#include <ntddk.h>

NTSTATUS Lock(PMDL m)
{
    MmBuildMdlForNonPagedPool(m);
    __try {
        MmProbeAndLockPages(m, KernelMode, IoReadAccess); // expect LS033
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
