#include <ntddk.h>

NTSTATUS Prepare(PVOID in, PVOID out, ULONG length, PMDL *mdls)
{
    NTSTATUS status = STATUS_NO_MEMORY;
    PMDL first = NULL, second = NULL;

    first = IoAllocateMdl(in, length, FALSE, FALSE, NULL);
    if (!first)
        goto Exit;
    second = IoAllocateMdl(out, length, FALSE, FALSE, NULL);
    if (!second)
        goto Exit;
    mdls[0] = first;
    mdls[1] = second;
    first = NULL;
    second = NULL;
    status = STATUS_SUCCESS;
Exit:
    if (second != NULL)
        IoFreeMdl(second);
    if (first != NULL)
        IoFreeMdl(first);
    return status;
}
