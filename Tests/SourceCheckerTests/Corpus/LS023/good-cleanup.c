#include <ntddk.h>

NTSTATUS Fill(PMDL mdl, PUCHAR source, ULONG length)
{
    NTSTATUS status = STATUS_SUCCESS;
    PVOID va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (va == NULL) {
        status = STATUS_NO_MEMORY;
        goto Exit;
    }
    if (length > MmGetMdlByteCount(mdl)) {
        status = STATUS_BUFFER_OVERFLOW;
        goto Exit;
    }
    RtlCopyMemory(va, source, length);
Exit:
    if (va != NULL)
        MmUnmapLockedPages(va, mdl);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
    return status;
}
