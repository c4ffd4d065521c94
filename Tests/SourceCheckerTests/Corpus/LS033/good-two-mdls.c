#include <ntddk.h>

NTSTATUS Both(PMDL kernelPart, PMDL userPart)
{
    MmBuildMdlForNonPagedPool(kernelPart);
    __try {
        MmProbeAndLockPages(userPart, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    MmUnlockPages(userPart);
    return STATUS_SUCCESS;
}
