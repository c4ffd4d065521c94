#include <ntddk.h>

NTSTATUS Map(PMDL mdl, PVOID *address)
{
    PVOID map = MmMapLockedPages(mdl, KernelMode); // expect LS021
    PUCHAR p = (PUCHAR)PAGE_ALIGN(map) + MmGetMdlByteOffset(mdl);

    if (p == NULL) // expect LS007
        return STATUS_INSUFFICIENT_RESOURCES;
    *address = p;
    return STATUS_SUCCESS;
}
