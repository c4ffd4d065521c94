// What came by reference is left on one way out.
#include <ntddk.h>

static bool Describe(PMDL &mdl, PVOID buffer, ULONG length)
{
    mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, nullptr);
    return mdl != nullptr;
}

ULONG CountPages(PVOID buffer, ULONG length)
{
    PMDL mdl = nullptr;

    if (!Describe(mdl, buffer, length))
        return 0;
    ULONG pages = MmGetMdlByteCount(mdl) / PAGE_SIZE;
    if (pages > 16)
        return 16; // expect LS030
    IoFreeMdl(mdl);
    return pages;
}
