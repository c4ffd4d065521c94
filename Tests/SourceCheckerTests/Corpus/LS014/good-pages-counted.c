#include <ntddk.h>

typedef struct _BALLOON {
    PMDL Mdl[64];
    ULONG Count;
    SIZE_T Pages;
} BALLOON, *PBALLOON;

BOOLEAN Inflate(PBALLOON b, SIZE_T bytes)
{
    PHYSICAL_ADDRESS zero, top;
    PMDL mdl;

    if (b->Count == 64)
        return FALSE;
    zero.QuadPart = 0;
    top.QuadPart = -1;
    mdl = MmAllocatePagesForMdl(zero, top, zero, bytes);
    if (mdl == NULL)
        return FALSE;
    b->Pages += MmGetMdlByteCount(mdl) / PAGE_SIZE;
    b->Mdl[b->Count++] = mdl;
    return TRUE;
}
