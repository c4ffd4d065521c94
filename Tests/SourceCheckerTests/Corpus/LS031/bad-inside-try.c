#include <ntddk.h>

NTSTATUS LockIfWritable(PVOID userBuffer, ULONG length, BOOLEAN writable, PMDL *out)
{
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return GetExceptionCode();
    }
    if (!writable) {
        IoFreeMdl(mdl); // expect LS031
        return STATUS_ACCESS_DENIED;
    }
    *out = mdl;
    return STATUS_SUCCESS;
}
