#include <ntddk.h>

VOID Touch(PVOID buffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
    PUCHAR va;

    if (mdl == NULL)
        return;
    MmBuildMdlForNonPagedPool(mdl);
    va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (va != NULL)
        va[0] = 0;
} // expect LS030
