#include <ntddk.h>

NTSTATUS Fill(PVOID userBuffer, ULONG length)
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
    }
    if (locked) {
        va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        if (va != NULL)
            RtlZeroMemory(va, length);
        else
            status = STATUS_NO_MEMORY;
        MmUnlockPages(mdl);
    }
    IoFreeMdl(mdl);
    return status;
}
