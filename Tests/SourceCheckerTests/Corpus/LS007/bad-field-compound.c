#include <ntddk.h>

typedef struct _STREAM {
    PMDL Mdl;
    PUCHAR Cursor;
    ULONG Position;
} STREAM, *PSTREAM;

NTSTATUS Seek(PSTREAM stream)
{
    stream->Cursor = MmGetSystemAddressForMdlSafe(stream->Mdl, NormalPagePriority);
    stream->Cursor += stream->Position;
    if (stream->Cursor == NULL) // expect LS007
        return STATUS_INSUFFICIENT_RESOURCES;
    return STATUS_SUCCESS;
}
