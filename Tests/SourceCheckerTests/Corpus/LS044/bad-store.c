#include <ntddk.h>

NTSTATUS Signal(PMDL mdl)
{
    PULONG va;

    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess); // expect LS044
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (va != NULL)
        va[0] = 1;
    MmUnlockPages(mdl);
    return STATUS_SUCCESS;
}
