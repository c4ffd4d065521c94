#include <ntddk.h>

PVOID Describe(ULONG bytes, PMDL *out)
{
    PVOID block = ExAllocatePoolWithTag(NonPagedPool, bytes, 'kcoB');

    if (block == NULL)
        return NULL;
    *out = IoAllocateMdl(block, bytes, FALSE, FALSE, NULL);
    if (*out == NULL) {
        ExFreePoolWithTag(block, 'kcoB');
        return NULL;
    }
    MmBuildMdlForNonPagedPool(*out);
    return MmGetSystemAddressForMdlSafe(*out, NormalPagePriority);
}
