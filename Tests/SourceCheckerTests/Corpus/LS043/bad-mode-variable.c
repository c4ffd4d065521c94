#include <ntddk.h>

NTSTATUS Lock(PIRP Irp, ULONG length, PMDL *out)
{
    KPROCESSOR_MODE mode = KernelMode;
    PUCHAR buffer = (PUCHAR)Irp->UserBuffer;
    PMDL mdl = IoAllocateMdl(buffer + 8, length - 8, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, mode, IoWriteAccess); // expect LS043
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return GetExceptionCode();
    }
    *out = mdl;
    return STATUS_SUCCESS;
}
