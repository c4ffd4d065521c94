#include <ntddk.h>

typedef struct _EXTENT {
    ULONG ByteCount;
    ULONG ByteOffset;
    PVOID StartVa;
} EXTENT, *PEXTENT;

PVOID End(PEXTENT extent)
{
    return (PUCHAR)extent->StartVa + extent->ByteOffset + extent->ByteCount;
}
