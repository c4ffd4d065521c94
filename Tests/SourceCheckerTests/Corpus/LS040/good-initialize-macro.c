#include <ntddk.h>

VOID Initialize(PMDL mdl, PVOID base, ULONG length)
{
    MmInitializeMdl(mdl, base, length);
    MmBuildMdlForNonPagedPool(mdl);
}
