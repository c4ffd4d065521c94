#include <ntddk.h>

VOID Send(PMDL mdl, PUCHAR frame, ULONG length)
{
    ULONG offset = MmGetMdlByteOffset(mdl);
    PVOID page = MmMapLockedPages(mdl, KernelMode); // expect LS021
    PUCHAR data;

    DbgPrint("mapped %lu bytes at offset %lu\n", length, offset);
    data = (PUCHAR)page + offset; // expect LS001
    RtlMoveMemory(data, frame, length);
    MmUnmapLockedPages(page, mdl);
}
