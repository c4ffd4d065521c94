#include <ntddk.h>

#define _SEH2_TRY __try
#define _SEH2_EXCEPT(filter) __except (filter)
#define _SEH2_GetExceptionCode() GetExceptionCode()
#define _SEH2_YIELD(statement) statement
#define _SEH2_END

NTSTATUS Lock(PIRP Irp, ULONG Length, PMDL *Result)
{
    PMDL Mdl;

    Mdl = IoAllocateMdl(Irp->UserBuffer, Length, FALSE, FALSE, NULL);
    if (!Mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    _SEH2_TRY
    {
        MmProbeAndLockPages(Mdl, Irp->RequestorMode, IoModifyAccess);
    }
    _SEH2_EXCEPT(EXCEPTION_EXECUTE_HANDLER) // expect LS015
    {
        _SEH2_YIELD(return _SEH2_GetExceptionCode());
    }
    _SEH2_END;
    *Result = Mdl;
    return STATUS_SUCCESS;
}
