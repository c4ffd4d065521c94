// The routine that allocates is the driver's own.
#include <ntddk.h>

static PMDL NewMdl(PVOID buffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    if (mdl != NULL)
        MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

ULONG CountPages(PVOID buffer, ULONG length)
{
    PMDL mdl = NewMdl(buffer, length);
    ULONG pages;

    if (mdl == NULL)
        return 0;
    pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl));
    return pages; // expect LS030
}
