// The second attempt is made where nothing catches it.
#include <ntddk.h>

NTSTATUS MapTwice(PMDL mdl, PVOID preferred, PVOID *address)
{
    __try {
        *address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, preferred, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        *address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS010
    }
    return STATUS_SUCCESS;
}
