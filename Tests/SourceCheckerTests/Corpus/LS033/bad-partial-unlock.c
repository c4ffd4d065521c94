#include <ntddk.h>

NTSTATUS First(PMDL source, PUCHAR out)
{
    PUCHAR va;
    PMDL part = IoAllocateMdl(MmGetMdlVirtualAddress(source), 16, FALSE, FALSE, NULL);

    if (part == NULL)
        return STATUS_NO_MEMORY;
    IoBuildPartialMdl(source, part, MmGetMdlVirtualAddress(source), 16);
    va = MmGetSystemAddressForMdlSafe(part, NormalPagePriority);
    if (va != NULL)
        RtlCopyMemory(out, va, 16);
    MmUnlockPages(part); // expect LS033
    IoFreeMdl(part);
    return STATUS_SUCCESS;
}
