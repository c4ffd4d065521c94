#include <ntddk.h>

#define CHUNK 4096

NTSTATUS Write(PMDL mdl, PUCHAR source, ULONG length)
{
    PUCHAR target = NULL;
    NTSTATUS status = STATUS_INVALID_PARAMETER;

    if (mdl != NULL)
        target = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    while (target != NULL && length >= CHUNK) {
        RtlCopyMemory(target, source, CHUNK);
        target += CHUNK;
        source += CHUNK;
        length -= CHUNK;
        status = STATUS_SUCCESS;
    }
    return status;
}
