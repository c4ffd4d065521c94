#include <ntddk.h>

VOID ReadPart(PMDL source, PMDL part, PUCHAR va, ULONG length, PUCHAR out)
{
    PVOID page;
    PUCHAR data;

    IoBuildPartialMdl(source, part, va, length);
    page = MmMapLockedPages(part, KernelMode); // expect LS021
    data = (PUCHAR)((ULONG_PTR)page | MmGetMdlByteOffset(source)); // expect LS005
    RtlCopyMemory(out, data, length);
    MmUnmapLockedPages(page, part);
}
