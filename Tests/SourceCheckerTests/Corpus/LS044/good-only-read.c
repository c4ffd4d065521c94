#include <ntddk.h>

NTSTATUS Peek(PMDL mdl, PULONG out)
{
    PULONG va;

    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (va != NULL)
        RtlCopyMemory(out, va, sizeof(ULONG));
    MmUnlockPages(mdl);
    return va ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
