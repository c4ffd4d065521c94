#include <ntddk.h>

NTSTATUS Lock(PVOID userBuffer, ULONG n, PMDL *out)
{
    NTSTATUS status = STATUS_SUCCESS;
    PMDL m = IoAllocateMdl(userBuffer, n, FALSE, FALSE, NULL);

    if (m == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(m, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    if (!NT_SUCCESS(status)) {
        IoFreeMdl(m);
        return status;
    }
    *out = m;
    return STATUS_SUCCESS;
}
