#include <ntddk.h>

typedef struct _RESULT {
    ULONG Status;
    ULONG Length;
} RESULT, *PRESULT;

NTSTATUS Report(PVOID userResult, ULONG length)
{
    PRESULT result;
    PMDL mdl = IoAllocateMdl(userResult, sizeof(RESULT), FALSE, FALSE, NULL);

    if (!mdl)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess); // expect LS044
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return GetExceptionCode();
    }
    result = (PRESULT)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (result) {
        result->Length = length;
        result->Status = 0;
    }
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    return STATUS_SUCCESS;
}
