#include <ntddk.h>

#define SYSTEM_ADDRESS(m) \
    (((m)->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) \
         ? (m)->MappedSystemVa \
         : MmMapLockedPagesSpecifyCache((m), KernelMode, MmCached, NULL, FALSE, NormalPagePriority))

BOOLEAN Clear(PMDL mdl)
{
    PVOID va = SYSTEM_ADDRESS(mdl);

    if (va == NULL)
        return FALSE;
    RtlZeroMemory(va, MmGetMdlByteCount(mdl));
    return TRUE;
}
