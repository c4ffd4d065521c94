#include <ntddk.h>

NTSTATUS Copy(PVOID userBuffer, ULONG length, PUCHAR out)
{
    NTSTATUS status = STATUS_SUCCESS;
    PVOID va;
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
        goto Free;
    }
    va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (va == NULL) {
        status = STATUS_NO_MEMORY;
        goto Exit;
    }
    RtlCopyMemory(out, va, length);
    MmUnlockPages(mdl);
Free:
    IoFreeMdl(mdl);
Exit:
    return status; // expect LS030
}
