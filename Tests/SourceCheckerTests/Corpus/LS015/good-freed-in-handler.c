#include <ntddk.h>

NTSTATUS Lock(PVOID userBuffer, ULONG n, PMDL *out)
{
    PMDL m = IoAllocateMdl(userBuffer, n, FALSE, FALSE, NULL);

    if (m == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(m, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(m);
        return GetExceptionCode();
    }
    *out = m;
    return STATUS_SUCCESS;
}
