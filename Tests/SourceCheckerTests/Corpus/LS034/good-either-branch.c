#include <ntddk.h>

VOID Finish(PMDL mdl, PVOID va, BOOLEAN failed)
{
    if (failed) {
        DbgPrint("failed\n");
        MmUnmapLockedPages(va, mdl);
        MmUnlockPages(mdl);
    } else {
        MmUnmapLockedPages(va, mdl);
        MmUnlockPages(mdl);
    }
    IoFreeMdl(mdl);
}
