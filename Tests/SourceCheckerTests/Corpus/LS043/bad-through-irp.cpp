#include <ntddk.h>

static NTSTATUS LockOutput(PIRP irp, ULONG length)
{
    PMDL mdl = IoAllocateMdl(irp->UserBuffer, length, FALSE, FALSE, irp);

    if (mdl == nullptr)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess); // expect LS043
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        irp->MdlAddress = nullptr;
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS Prepare(PIRP irp, ULONG length)
{
    return length == 0 ? STATUS_SUCCESS : LockOutput(irp, length);
}
