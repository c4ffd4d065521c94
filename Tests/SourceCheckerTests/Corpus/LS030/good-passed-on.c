// Whoever gets the MDL sees to it.
#include <ntddk.h>

VOID SendPacket(PVOID context, PMDL mdl, ULONG length);

NTSTATUS Send(PVOID context, PVOID frame, ULONG length)
{
    PMDL mdl = IoAllocateMdl(frame, length, FALSE, FALSE, NULL);

    if (!mdl)
        return STATUS_NO_MEMORY;
    MmBuildMdlForNonPagedPool(mdl);
    SendPacket(context, mdl, length);
    return STATUS_SUCCESS;
}
