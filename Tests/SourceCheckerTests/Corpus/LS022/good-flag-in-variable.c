// target win8..win11_24h2
#include <ntddk.h>

PVOID Map(PMDL mdl, BOOLEAN readOnly)
{
    ULONG priority = NormalPagePriority | MdlMappingNoExecute;

    if (readOnly)
        priority |= MdlMappingNoWrite;
    return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, priority);
}
