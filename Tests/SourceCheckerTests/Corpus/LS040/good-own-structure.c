// A structure of the driver's own, with some of the names.
#include <ntddk.h>

typedef struct _EXTENT {
    struct _EXTENT *Next;
    PVOID StartVa;
    ULONG ByteCount;
    ULONG ByteOffset;
} EXTENT, *PEXTENT;

VOID Split(PEXTENT extent, PEXTENT rest, ULONG at)
{
    rest->Next = extent->Next;
    rest->StartVa = (PUCHAR)extent->StartVa + at;
    rest->ByteCount = extent->ByteCount - at;
    rest->ByteOffset = 0;
    extent->ByteCount = at;
    extent->Next = rest;
}
