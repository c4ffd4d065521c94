#include <ntddk.h>

VOID Finish(PMDL mdl, BOOLEAN failed)
{
    if (failed) {
        DbgPrint("failed\n");
        MmUnlockPages(mdl);
    }
    MmUnlockPages(mdl); // expect LS034
    IoFreeMdl(mdl);
}
