// The MDL begins where its first page does.
#include <ntddk.h>

ULONG ReadFirst(PVOID userAddress)
{
    ULONG value = 0;
    PMDL mdl = IoAllocateMdl(PAGE_ALIGN(userAddress), PAGE_SIZE, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return 0;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return 0;
    }
    value = *(PULONG)MmMapLockedPages(mdl, KernelMode); // expect LS021
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    return value;
}
