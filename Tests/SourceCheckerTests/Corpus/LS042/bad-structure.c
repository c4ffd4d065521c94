#include <ntddk.h>

typedef struct _HEADER {
    ULONG Magic;
    ULONG Length;
} HEADER, *PHEADER;

BOOLEAN IsHeader(PMDL mdl)
{
    PHEADER header;

    if (MmGetMdlByteCount(mdl) < sizeof(HEADER))
        return FALSE;
    header = MmGetMdlVirtualAddress(mdl);
    return header->Magic == 0x4C4B5354; // expect LS042
}
