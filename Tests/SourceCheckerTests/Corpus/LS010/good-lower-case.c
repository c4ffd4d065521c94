// The words of excpt.h.
#include <ntddk.h>

#define try __try
#define except __except

NTSTATUS Share(PMDL mdl, PVOID *address)
{
    try {
        *address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    } except(EXCEPTION_EXECUTE_HANDLER) {
        *address = NULL;
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
