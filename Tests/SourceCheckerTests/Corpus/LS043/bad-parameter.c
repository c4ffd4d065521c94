#include <ntddk.h>

PMDL LockUserMemory(PVOID userAddress, ULONG size)
{
    PMDL mdl = IoAllocateMdl(userAddress, size, FALSE, FALSE, NULL);

    if (!mdl)
        return NULL;
    __try {
        MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess); // expect LS043
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return NULL;
    }
    return mdl;
}
