#include <ntddk.h>

NTSTATUS Share(ULONG n, PVOID *kernel, PVOID *user, PMDL *out)
{
    PMDL m;
    PVOID b = ExAllocatePoolWithTag(NonPagedPool, n, 'rahS');

    if (b == NULL)
        return STATUS_NO_MEMORY;
    m = IoAllocateMdl(b, n, FALSE, FALSE, NULL);
    if (m == NULL) {
        ExFreePoolWithTag(b, 'rahS');
        return STATUS_NO_MEMORY;
    }
    MmBuildMdlForNonPagedPool(m);
    __try {
        *user = MmMapLockedPagesSpecifyCache(m, UserMode, MmCached, NULL, FALSE, NormalPagePriority); // expect LS045
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(m);
        ExFreePoolWithTag(b, 'rahS');
        return GetExceptionCode();
    }
    *kernel = b;
    *out = m;
    return STATUS_SUCCESS;
}
