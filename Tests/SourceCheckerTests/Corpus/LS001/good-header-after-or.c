// What is added is not the MDL's offset.
#include <ntddk.h>

typedef struct _HEADER {
    ULONG Length;
    ULONG Flags;
} HEADER, *PHEADER;

VOID WriteBody(PMDL mdl, PUCHAR body, ULONG length)
{
    PUCHAR at = (PUCHAR)((ULONG_PTR)MmMapLockedPages(mdl, KernelMode) | MmGetMdlByteOffset(mdl)); // expect LS021

    ((PHEADER)at)->Length = length;
    at += sizeof(HEADER);
    RtlCopyMemory(at, body, length);
}
