#include <ntddk.h>

typedef struct _EXTENSION {
    PMDL RequestMdl;
    PUCHAR Cursor;
    ULONG Left;
} EXTENSION, *PEXTENSION;

VOID Begin(PEXTENSION ext)
{
    ext->Cursor = (PUCHAR)ext->RequestMdl->MappedSystemVa; // expect LS008
    ext->Left = MmGetMdlByteCount(ext->RequestMdl);
}
