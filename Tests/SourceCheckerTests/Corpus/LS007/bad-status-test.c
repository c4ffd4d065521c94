#include <ntddk.h>

NTSTATUS WriteAt(PMDL mdl, ULONG offset, ULONG value)
{
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    PUCHAR base = (PUCHAR)MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, LowPagePriority);
    PULONG slot = (PULONG)(base + offset);

    if (slot != NULL) { // expect LS007
        *slot = value;
        status = STATUS_SUCCESS;
    }
    return status;
}
