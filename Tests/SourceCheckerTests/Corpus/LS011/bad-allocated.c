#include <ntddk.h>

PMDL LockUserBuffer(PVOID userBuffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(userBuffer, length, FALSE, FALSE, NULL);

    if (mdl != NULL)
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess); // expect LS011
    return mdl;
}
