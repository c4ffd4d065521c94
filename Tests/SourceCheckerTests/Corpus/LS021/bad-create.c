#include <ntddk.h>

PMDL Describe(PVOID buffer, ULONG length)
{
    PMDL mdl = MmCreateMdl(NULL, buffer, length); // expect LS021

    if (mdl != NULL)
        MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}
