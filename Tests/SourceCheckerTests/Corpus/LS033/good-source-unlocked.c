#include <ntddk.h>

VOID Finish(PMDL source, PMDL part, ULONG length)
{
    PVOID va;

    IoBuildPartialMdl(source, part, MmGetMdlVirtualAddress(source), length);
    va = MmGetSystemAddressForMdlSafe(part, NormalPagePriority);
    if (va != NULL)
        RtlZeroMemory(va, length);
    MmPrepareMdlForReuse(part);
    MmUnlockPages(source);
}
