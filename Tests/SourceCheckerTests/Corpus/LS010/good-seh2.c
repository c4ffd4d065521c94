#include <ntddk.h>

#define _SEH2_TRY __try
#define _SEH2_EXCEPT(filter) __except (filter)
#define _SEH2_GetExceptionCode() GetExceptionCode()
#define _SEH2_END

NTSTATUS Share(PMDL mdl, PVOID *address)
{
    NTSTATUS Status = STATUS_SUCCESS;

    _SEH2_TRY
    {
        *address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    }
    _SEH2_EXCEPT(EXCEPTION_EXECUTE_HANDLER)
    {
        Status = _SEH2_GetExceptionCode();
    }
    _SEH2_END;

    return Status;
}
