// The variable is the caller's.
#include <ntddk.h>

static NTSTATUS Describe(PMDL &mdl, PVOID buffer, ULONG length)
{
    mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, nullptr);
    if (mdl == nullptr)
        return STATUS_NO_MEMORY;
    MmBuildMdlForNonPagedPool(mdl);
    return STATUS_SUCCESS;
}

ULONG CountPages(PVOID buffer, ULONG length)
{
    PMDL mdl = nullptr;

    if (!NT_SUCCESS(Describe(mdl, buffer, length)))
        return 0;
    ULONG pages = MmGetMdlByteCount(mdl) / PAGE_SIZE;
    IoFreeMdl(mdl);
    return pages;
}
