// The label that frees the MDL is the other one.
#include <ntddk.h>

NTSTATUS Transfer(PVOID userBuffer, ULONG length)
{
    NTSTATUS status = STATUS_SUCCESS;
    PVOID va;
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL) {
        status = STATUS_NO_MEMORY;
        goto Exit;
    }
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) { // expect LS015
        status = GetExceptionCode();
        goto Exit;
    }
    va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (va == NULL)
        status = STATUS_NO_MEMORY;
    else
        RtlZeroMemory(va, length);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
Exit:
    return status;
}
