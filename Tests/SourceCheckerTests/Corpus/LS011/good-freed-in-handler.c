#include <ntddk.h>

PMDL LockUserBuffer(PVOID userBuffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return NULL;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("exception %x\n", GetExceptionCode());
        IoFreeMdl(mdl);
        mdl = NULL;
    }
    return mdl;
}
