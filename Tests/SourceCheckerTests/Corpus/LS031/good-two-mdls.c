// What is freed is the part, which was never locked itself.
#include <ntddk.h>

NTSTATUS First(PMDL source, PUCHAR out)
{
    PUCHAR va;
    PMDL part = IoAllocateMdl(MmGetMdlVirtualAddress(source), 16, FALSE, FALSE, NULL);

    if (part == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(source, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(part);
        return GetExceptionCode();
    }
    IoBuildPartialMdl(source, part, MmGetMdlVirtualAddress(source), 16);
    va = MmGetSystemAddressForMdlSafe(part, NormalPagePriority);
    if (va != NULL)
        RtlCopyMemory(out, va, 16);
    IoFreeMdl(part);
    MmUnlockPages(source);
    return STATUS_SUCCESS;
}
