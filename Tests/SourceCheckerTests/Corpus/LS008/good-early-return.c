#include <ntddk.h>

VOID Clear(PMDL mdl)
{
    if (!(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL))
        return;
    RtlZeroMemory(mdl->MappedSystemVa, MmGetMdlByteCount(mdl));
}
