#include <ntddk.h>

PMDL Shorten(PVOID buffer, ULONG length, ULONG used)
{
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return NULL;
    MmBuildMdlForNonPagedPool(mdl);
    mdl->ByteCount = used; // expect LS040
    return mdl;
}
