#include <ntddk.h>

NTSTATUS Share(SIZE_T length, PVOID *address, PMDL *result)
{
    PHYSICAL_ADDRESS zero, top;
    NTSTATUS status = STATUS_SUCCESS;
    PMDL mdl;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    mdl = MmAllocatePagesForMdl(zero, top, zero, length); // expect LS014
    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    __try {
        *address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
        RtlFillMemory(*address, length, 0xCC);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    *result = mdl;
    return status;
}
