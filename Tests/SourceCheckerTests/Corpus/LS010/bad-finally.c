// A __finally block does not catch anything.
#include <ntddk.h>

NTSTATUS Share(PMDL mdl, PKMUTEX lock, PVOID *address)
{
    KeWaitForSingleObject(lock, Executive, KernelMode, FALSE, NULL);
    __try {
        *address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS010
    } __finally {
        KeReleaseMutex(lock, FALSE);
    }
    return STATUS_SUCCESS;
}
