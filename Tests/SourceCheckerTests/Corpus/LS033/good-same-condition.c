#include <ntddk.h>

VOID Use(PMDL mdl, BOOLEAN pool)
{
    if (pool)
        MmBuildMdlForNonPagedPool(mdl);
    DbgPrint("%lu bytes\n", MmGetMdlByteCount(mdl));
    if (!pool)
        MmUnlockPages(mdl);
}
