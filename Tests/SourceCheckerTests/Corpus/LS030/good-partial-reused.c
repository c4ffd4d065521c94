// One MDL serves for part after part.
#include <ntddk.h>

NTSTATUS Each(PMDL source, ULONG part, VOID (*use)(PVOID, ULONG))
{
    PUCHAR va = (PUCHAR)MmGetMdlVirtualAddress(source);
    ULONG left = MmGetMdlByteCount(source);
    PMDL mdl = IoAllocateMdl(va, part, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return STATUS_NO_MEMORY;
    while (left >= part) {
        PVOID mapped;

        IoBuildPartialMdl(source, mdl, va, part);
        mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        if (mapped == NULL)
            break;
        use(mapped, part);
        MmPrepareMdlForReuse(mdl);
        va += part;
        left -= part;
    }
    IoFreeMdl(mdl);
    return left < part ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
