#include <ntddk.h>

VOID CopyOut(PMDL mdl, PVOID source)
{
    RtlCopyMemory(mdl->MappedSystemVa, source, MmGetMdlByteCount(mdl)); // expect LS008
}
