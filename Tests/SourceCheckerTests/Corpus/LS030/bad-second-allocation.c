#include <ntddk.h>

NTSTATUS Prepare(PVOID in, PVOID out, ULONG length, PMDL *mdls)
{
    PMDL first, second;

    first = IoAllocateMdl(in, length, FALSE, FALSE, NULL);
    if (!first)
        return STATUS_NO_MEMORY;
    second = IoAllocateMdl(out, length, FALSE, FALSE, NULL);
    if (!second)
        return STATUS_NO_MEMORY; // expect LS030
    mdls[0] = first;
    mdls[1] = second;
    return STATUS_SUCCESS;
}
