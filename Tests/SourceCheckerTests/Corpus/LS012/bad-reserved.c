#include <ntddk.h>

typedef struct _PAGING_READER {
    PVOID Reserve;
    ULONG Tag;
} PAGING_READER, *PPAGING_READER;

ULONG FirstWord(PPAGING_READER reader, PMDL mdl)
{
    PULONG va = MmMapLockedPagesWithReservedMapping(reader->Reserve, reader->Tag, mdl, MmCached); // expect LS012
    ULONG word = *va;

    MmUnmapReservedMapping(reader->Reserve, reader->Tag, mdl);
    return word;
}
