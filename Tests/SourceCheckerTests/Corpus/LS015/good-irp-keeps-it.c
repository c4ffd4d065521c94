// The request has the MDL, and whoever completes it frees it.
#include <ntddk.h>

NTSTATUS LockRequest(PIRP Irp, ULONG length)
{
    if (IoAllocateMdl(Irp->UserBuffer, length, FALSE, FALSE, Irp) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(Irp->MdlAddress, Irp->RequestorMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
