// One is read and the other written.
#include <ntddk.h>

NTSTATUS Copy(PMDL from, PMDL to)
{
    PUCHAR source, target;

    __try {
        MmProbeAndLockPages(from, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    __try {
        MmProbeAndLockPages(to, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        MmUnlockPages(from);
        return GetExceptionCode();
    }
    source = MmGetSystemAddressForMdlSafe(from, NormalPagePriority);
    target = MmGetSystemAddressForMdlSafe(to, NormalPagePriority);
    if (source != NULL && target != NULL)
        RtlCopyMemory(target, source, MmGetMdlByteCount(to));
    MmUnlockPages(to);
    MmUnlockPages(from);
    return STATUS_SUCCESS;
}
