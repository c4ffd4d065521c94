#include <ntddk.h>

NTSTATUS Describe(PVOID buffer, ULONG length, BOOLEAN ready, PMDL *out)
{
    PMDL m = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    if (m == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!ready)
        return STATUS_DEVICE_NOT_READY; // expect LS030
    MmBuildMdlForNonPagedPool(m);
    *out = m;
    return STATUS_SUCCESS;
}
