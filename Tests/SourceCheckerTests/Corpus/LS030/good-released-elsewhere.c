#include <ntddk.h>

static VOID Discard(PMDL *slot)
{
    if (*slot != NULL) {
        IoFreeMdl(*slot);
        *slot = NULL;
    }
}

ULONG CountPages(PVOID buffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
    ULONG pages;

    if (mdl == NULL)
        return 0;
    pages = MmGetMdlByteCount(mdl) / PAGE_SIZE;
    Discard(&mdl);
    return pages;
}
