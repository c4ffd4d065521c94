#include <ntddk.h>

typedef struct _EXTENSION {
    PVOID Log;
    PMDL LogMdl;
    PVOID UserLog;
} EXTENSION, *PEXTENSION;

#define LOG_BYTES 1000

NTSTATUS OpenLog(PEXTENSION ext)
{
    ext->Log = ExAllocatePoolWithTag(NonPagedPool, LOG_BYTES, 'goLD');
    if (ext->Log == NULL)
        return STATUS_NO_MEMORY;
    ext->LogMdl = IoAllocateMdl(ext->Log, LOG_BYTES, FALSE, FALSE, NULL);
    if (ext->LogMdl == NULL)
        return STATUS_NO_MEMORY;
    MmBuildMdlForNonPagedPool(ext->LogMdl);
    __try {
        ext->UserLog = MmMapLockedPagesSpecifyCache(ext->LogMdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS045
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
