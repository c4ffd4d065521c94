#include <ntddk.h>

typedef struct _STATE {
    KSPIN_LOCK Lock;
    ULONG Shared[16];
} STATE, *PSTATE;

NTSTATUS ShareCounters(PSTATE *result, PVOID *user)
{
    PSTATE state = (PSTATE)ExAllocatePoolWithTag(NonPagedPool, sizeof(STATE), 'tatS');
    PMDL mdl;

    if (state == NULL)
        return STATUS_NO_MEMORY;
    *result = state;
    mdl = IoAllocateMdl(state->Shared, sizeof(state->Shared), FALSE, FALSE, NULL);
    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    MmBuildMdlForNonPagedPool(mdl);
    __try {
        user[0] = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS045
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return GetExceptionCode();
    }
    user[1] = mdl;
    return STATUS_SUCCESS;
}
