#include <ntddk.h>

NTSTATUS LockShared(PMDL mdl, PERESOURCE resource)
{
    ExAcquireResourceSharedLite(resource, TRUE);
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess); // expect LS011
    } __finally {
        ExReleaseResourceLite(resource);
    }
    return STATUS_SUCCESS;
}
