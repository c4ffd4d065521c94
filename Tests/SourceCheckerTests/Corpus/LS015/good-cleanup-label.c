#include <ntddk.h>

NTSTATUS Clear(PVOID userBuffer, ULONG length)
{
    NTSTATUS status = STATUS_SUCCESS;
    BOOLEAN locked = FALSE;
    PVOID va;
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
        locked = TRUE;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
        goto Exit;
    }
    va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (va == NULL) {
        status = STATUS_NO_MEMORY;
        goto Exit;
    }
    RtlZeroMemory(va, length);
Exit:
    if (locked)
        MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    return status;
}
