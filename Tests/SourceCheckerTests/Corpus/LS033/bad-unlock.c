#include <ntddk.h>

VOID Log(PVOID poolBuffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(poolBuffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return;
    MmBuildMdlForNonPagedPool(mdl);
    DbgPrint("%lu bytes\n", MmGetMdlByteCount(mdl));
    MmUnlockPages(mdl); // expect LS033
    IoFreeMdl(mdl);
}
