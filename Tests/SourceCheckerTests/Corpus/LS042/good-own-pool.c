// The driver's own buffer is where the MDL says.
#include <ntddk.h>

VOID Reset(PVOID pool, ULONG length, PMDL *out)
{
    PMDL mdl = IoAllocateMdl(pool, length, FALSE, FALSE, NULL);

    if (mdl != NULL) {
        MmBuildMdlForNonPagedPool(mdl);
        RtlZeroMemory(MmGetMdlVirtualAddress(mdl), length);
    }
    *out = mdl;
}
