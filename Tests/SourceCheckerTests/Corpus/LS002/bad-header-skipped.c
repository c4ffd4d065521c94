// A displacement is added, but not the one that is missing.
#include <ntddk.h>

#define HEADER_LENGTH 64

VOID CopyPayload(PMDL mdl, PUCHAR out, ULONG length)
{
    PUCHAR base = (PUCHAR)MmMapLockedPages(mdl, KernelMode); // expect LS002 LS021

    RtlCopyMemory(out, base + HEADER_LENGTH, length);
}
