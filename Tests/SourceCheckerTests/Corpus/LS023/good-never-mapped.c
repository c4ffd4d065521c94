#include <ntddk.h>

VOID Deflate(PMDL *mdls, ULONG count)
{
    ULONG i;

    for (i = 0; i < count; i++) {
        MmFreePagesFromMdl(mdls[i]);
        ExFreePool(mdls[i]);
        mdls[i] = NULL;
    }
}
