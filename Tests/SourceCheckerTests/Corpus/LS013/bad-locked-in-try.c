#include <ntddk.h>

NTSTATUS LockUser(PVOID userBuffer, ULONG length, PMDL *result)
{
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL); // expect LS013

    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return GetExceptionCode();
    }
    *result = mdl;
    return STATUS_SUCCESS;
}
