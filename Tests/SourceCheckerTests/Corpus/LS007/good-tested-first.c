#include <ntddk.h>

NTSTATUS Map(PMDL mdl, PVOID *address)
{
    PVOID map = MmMapLockedPages(mdl, KernelMode); // expect LS021
    PUCHAR p;

    if (map == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    p = (PUCHAR)PAGE_ALIGN(map) + MmGetMdlByteOffset(mdl);
    *address = p;
    return STATUS_SUCCESS;
}
