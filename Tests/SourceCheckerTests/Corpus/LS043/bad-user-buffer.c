#include <ntddk.h>

NTSTATUS Lock(PIRP irp, ULONG length, PMDL *out)
{
    PMDL m = IoAllocateMdl(irp->UserBuffer, length, FALSE, FALSE, NULL);

    if (m == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(m, KernelMode, IoWriteAccess); // expect LS043
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(m);
        return GetExceptionCode();
    }
    *out = m;
    return STATUS_SUCCESS;
}
