#include <ntddk.h>

#define LEAVE_IF_NULL(pointer) \
    do { \
        if ((pointer) == NULL) \
            return STATUS_INSUFFICIENT_RESOURCES; \
    } while (0)

NTSTATUS Clear(PMDL mdl)
{
    PVOID p = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    LEAVE_IF_NULL(p);
    RtlZeroMemory(p, MmGetMdlByteCount(mdl));
    return STATUS_SUCCESS;
}
