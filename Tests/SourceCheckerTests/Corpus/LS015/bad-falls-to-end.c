#include <ntddk.h>

NTSTATUS ReadUser(PVOID UserAddress, ULONG Length, PUCHAR Out)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PUCHAR Va;
    PMDL Mdl = IoAllocateMdl(UserAddress, Length, FALSE, FALSE, NULL);

    if (!Mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(Mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) { // expect LS015
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status)) {
        Va = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
        if (Va != NULL)
            RtlCopyMemory(Out, Va, Length);
        MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
    }
    return Status;
}
