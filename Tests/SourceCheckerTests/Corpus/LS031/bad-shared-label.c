// The label is right for the first way to it and wrong for the second.
#include <ntddk.h>

NTSTATUS Check(PVOID userBuffer, ULONG length)
{
    NTSTATUS status;
    PULONG va;
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (!mdl)
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
        goto Free;
    }
    status = (*va == 0x4C4C) ? STATUS_SUCCESS : STATUS_DATA_ERROR;
    MmUnlockPages(mdl);
Free:
    IoFreeMdl(mdl); // expect LS031
    return status;
}
