#include <ntddk.h>

#define _SEH2_TRY __try
#define _SEH2_EXCEPT(filter) __except (filter)
#define _SEH2_GetExceptionCode() GetExceptionCode()
#define _SEH2_END
#define _SEH2_YIELD(statement) statement

NTSTATUS LockRequest(PIRP Irp, LOCK_OPERATION Operation)
{
    _SEH2_TRY
    {
        MmProbeAndLockPages(Irp->MdlAddress, Irp->RequestorMode, Operation);
    }
    _SEH2_EXCEPT(EXCEPTION_EXECUTE_HANDLER)
    {
        _SEH2_YIELD(return _SEH2_GetExceptionCode());
    }
    _SEH2_END;
    return STATUS_SUCCESS;
}
