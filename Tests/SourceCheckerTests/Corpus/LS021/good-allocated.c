#include <ntddk.h>

PMDL Describe(PVOID buffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    if (mdl != NULL)
        MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}
