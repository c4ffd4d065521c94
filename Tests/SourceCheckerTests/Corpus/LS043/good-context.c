// Named after a user, but the driver's own memory.
#include <ntddk.h>

typedef struct _USER_RECORD {
    PVOID Table;
    ULONG TableSize;
} USER_RECORD, *PUSER_RECORD;

PMDL LockRecord(PUSER_RECORD userRecord)
{
    PMDL mdl = IoAllocateMdl(userRecord->Table, userRecord->TableSize, FALSE, FALSE, NULL);

    if (!mdl)
        return NULL;
    __try {
        MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return NULL;
    }
    return mdl;
}
