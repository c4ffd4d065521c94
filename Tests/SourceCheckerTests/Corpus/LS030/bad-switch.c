#include <ntddk.h>

NTSTATUS Control(PVOID buffer, ULONG length, ULONG code, PMDL *slot)
{
    NTSTATUS status = STATUS_SUCCESS;
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    switch (code) {
    case 1:
        *slot = mdl;
        break;
    case 2:
        IoFreeMdl(mdl);
        status = STATUS_CANCELLED;
        break;
    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    return status; // expect LS030
}
