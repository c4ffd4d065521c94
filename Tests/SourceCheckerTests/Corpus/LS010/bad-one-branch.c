#include <ntddk.h>

typedef struct _VIEW {
    PMDL Mdl;
    PVOID UserVa;
    BOOLEAN WriteCombined;
} VIEW, *PVIEW;

NTSTATUS MapView(PVIEW view)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (view->WriteCombined) {
        view->UserVa = MmMapLockedPagesSpecifyCache(view->Mdl, UserMode, MmWriteCombined, // expect LS010
                                                    NULL, FALSE, NormalPagePriority);
    } else {
        __try {
            view->UserVa = MmMapLockedPagesSpecifyCache(view->Mdl, UserMode, MmCached,
                                                        NULL, FALSE, NormalPagePriority);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
        }
    }
    return status;
}
