// target nt400sp4..win11_24h2
// The offset only serves to count the pages.
#include <ntddk.h>

NTSTATUS Describe(PMDL mdl, PUCHAR *data, ULONG *pages)
{
    ULONG offset = MmGetMdlByteOffset(mdl);
    PUCHAR va = (PUCHAR)MmMapLockedPages(mdl, KernelMode); // expect LS021

    *pages = (offset + MmGetMdlByteCount(mdl) + PAGE_SIZE - 1) / PAGE_SIZE;
    *data = va;
    return STATUS_SUCCESS;
}
