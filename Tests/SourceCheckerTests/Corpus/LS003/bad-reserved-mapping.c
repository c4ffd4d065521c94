#include <ntddk.h>

typedef struct _READER {
    PVOID Reserve;
    PMDL Mdl;
    PUCHAR Data;
} READER, *PREADER;

BOOLEAN MapReserved(PREADER reader)
{
    PUCHAR va = MmMapLockedPagesWithReservedMapping(reader->Reserve, 'RdrM', reader->Mdl, MmCached);

    if (va == NULL)
        return FALSE;
    reader->Data = va + MmGetMdlByteOffset(reader->Mdl); // expect LS003
    return TRUE;
}
