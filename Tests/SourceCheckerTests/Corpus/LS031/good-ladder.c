#include <ntddk.h>

NTSTATUS Fill(PVOID userBuffer, ULONG length)
{
    NTSTATUS status;
    PVOID va;
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
        goto Free;
    }
    va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (va == NULL) {
        status = STATUS_NO_MEMORY;
        goto Unlock;
    }
    RtlZeroMemory(va, length);
    status = STATUS_SUCCESS;
Unlock:
    MmUnlockPages(mdl);
Free:
    IoFreeMdl(mdl);
    return status;
}
