#include <ntddk.h>

NTSTATUS Fill(PVOID userBuffer, ULONG length)
{
    PVOID va;
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return STATUS_INVALID_USER_BUFFER;
    }
    va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (va == NULL) {
        IoFreeMdl(mdl); // expect LS031
        return STATUS_NO_MEMORY;
    }
    RtlZeroMemory(va, length);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    return STATUS_SUCCESS;
}
