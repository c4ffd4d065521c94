// A test does not help: it does not return NULL.
#include <ntddk.h>

NTSTATUS Copy(PMDL mdl, PVOID source, ULONG length)
{
    PUCHAR target = (PUCHAR)MmGetSystemAddressForMdl(mdl); // expect LS021

    if (target == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(target, source, length);
    return STATUS_SUCCESS;
}
