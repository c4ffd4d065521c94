#include <ntddk.h>

static PMDL TableMdl;

NTSTATUS OpenTable(PVOID table, ULONG length, PVOID *view)
{
    TableMdl = IoAllocateMdl(table, length, FALSE, FALSE, NULL);
    if (TableMdl == NULL)
        return STATUS_UNSUCCESSFUL;
    MmBuildMdlForNonPagedPool(TableMdl);
    *view = MmMapLockedPagesSpecifyCache(TableMdl, KernelMode, MmNonCached, NULL, FALSE, HighPagePriority); // expect LS032
    return *view ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
