#include <ntddk.h>

VOID Append(PMDL *tail, PVOID buffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL); // expect LS013

    mdl->Next = NULL;
    MmBuildMdlForNonPagedPool(mdl);
    (*tail)->Next = mdl;
    *tail = mdl;
}
