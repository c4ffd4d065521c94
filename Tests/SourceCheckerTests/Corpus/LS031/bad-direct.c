#include <ntddk.h>

NTSTATUS Peek(PVOID userBuffer, PULONG out)
{
    PULONG va;
    PMDL m = IoAllocateMdl(userBuffer, sizeof(ULONG), FALSE, FALSE, NULL);

    if (m == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(m, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(m);
        return GetExceptionCode();
    }
    va = MmGetSystemAddressForMdlSafe(m, NormalPagePriority);
    if (va != NULL)
        *out = *va;
    IoFreeMdl(m); // expect LS031
    return STATUS_SUCCESS;
}
