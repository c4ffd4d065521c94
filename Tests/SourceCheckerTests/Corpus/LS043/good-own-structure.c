// The name says user, the type says that it is the driver's own.
#include <ntddk.h>

typedef struct _USER_CONTEXT {
    LIST_ENTRY Link;
    ULONG Data[16];
} USER_CONTEXT, *PUSER_CONTEXT;

NTSTATUS Lock(PUSER_CONTEXT UserContext, PMDL *out)
{
    PMDL mdl = IoAllocateMdl(UserContext, sizeof(*UserContext), FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return GetExceptionCode();
    }
    *out = mdl;
    return STATUS_SUCCESS;
}
