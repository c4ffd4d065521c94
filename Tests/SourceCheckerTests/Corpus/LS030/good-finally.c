#include <ntddk.h>

NTSTATUS Transform(PVOID buffer, ULONG length, PUCHAR key)
{
    NTSTATUS status = STATUS_SUCCESS;
    PMDL mdl = NULL;
    PUCHAR va;

    __try {
        mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
        if (mdl == NULL) {
            status = STATUS_NO_MEMORY;
            __leave;
        }
        MmBuildMdlForNonPagedPool(mdl);
        va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        if (va == NULL) {
            status = STATUS_NO_MEMORY;
            __leave;
        }
        va[0] ^= key[0];
    } __finally {
        if (mdl != NULL)
            IoFreeMdl(mdl);
    }
    return status;
}
