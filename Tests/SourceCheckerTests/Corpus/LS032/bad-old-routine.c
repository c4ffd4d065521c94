// target w2k..win11_24h2
#include <ntddk.h>

NTSTATUS Patch(PVOID table, ULONG length, PVOID *view, PMDL *result)
{
    PMDL mdl = IoAllocateMdl(table, length, FALSE, FALSE, NULL);

    if (!mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(mdl);
    *view = MmMapLockedPages(mdl, KernelMode); // expect LS021 LS032
    *result = mdl;
    return STATUS_SUCCESS;
}
