// All callers of the wrapper are guarded.
#include <ntddk.h>

static PVOID MapUser(PMDL mdl, MEMORY_CACHING_TYPE type)
{
    return MmMapLockedPagesSpecifyCache(mdl, UserMode, type, NULL, FALSE, NormalPagePriority);
}

NTSTATUS MapBoth(PMDL control, PMDL frames, PVOID *addresses)
{
    __try {
        addresses[0] = MapUser(control, MmNonCached);
        addresses[1] = MapUser(frames, MmCached);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
