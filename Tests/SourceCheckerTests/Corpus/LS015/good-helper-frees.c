#include <ntddk.h>

typedef struct _JOB {
    PMDL Mdl;
    PVOID UserBuffer;
    ULONG Length;
} JOB, *PJOB;

static VOID Release(PMDL mdl, BOOLEAN locked)
{
    if (locked)
        MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

NTSTATUS Begin(PJOB job)
{
    PMDL mdl = IoAllocateMdl(job->UserBuffer, job->Length, FALSE, FALSE, NULL);

    if (!mdl)
        return STATUS_NO_MEMORY;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Release(mdl, FALSE);
        return GetExceptionCode();
    }
    job->Mdl = mdl;
    return STATUS_SUCCESS;
}
