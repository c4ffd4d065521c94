#include <ntddk.h>

NTSTATUS Fill(PMDL mdl, PUCHAR source, ULONG length)
{
    NTSTATUS status;
    PVOID va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (va == NULL) {
        status = STATUS_NO_MEMORY;
        goto Free;
    }
    if (length > MmGetMdlByteCount(mdl)) {
        status = STATUS_BUFFER_OVERFLOW;
        goto Free;
    }
    RtlCopyMemory(va, source, length);
    MmUnmapLockedPages(va, mdl);
    return STATUS_SUCCESS;
Free:
    MmFreePagesFromMdl(mdl); // expect LS023
    ExFreePool(mdl);
    return status;
}
