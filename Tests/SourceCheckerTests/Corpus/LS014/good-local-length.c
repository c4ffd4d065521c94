#include <ntddk.h>

BOOLEAN Allocate(ULONG wanted, PMDL *result)
{
    PHYSICAL_ADDRESS zero, top;
    ULONG got;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    *result = MmAllocatePagesForMdl(zero, top, zero, wanted);
    if (*result == NULL)
        return FALSE;
    got = MmGetMdlByteCount(*result);
    if (got != wanted) {
        MmFreePagesFromMdl(*result);
        ExFreePool(*result);
        *result = NULL;
        return FALSE;
    }
    return TRUE;
}
