#include <ntddk.h>

NTSTATUS Share(SIZE_T bytes, PVOID *user, PMDL *out)
{
    PHYSICAL_ADDRESS zero, top;
    PMDL mdl;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    mdl = MmAllocatePagesForMdlEx(zero, top, zero, bytes, MmCached, MM_ALLOCATE_FULLY_REQUIRED);
    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        *user = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        MmFreePagesFromMdl(mdl);
        ExFreePool(mdl);
        return GetExceptionCode();
    }
    *out = mdl;
    return STATUS_SUCCESS;
}
