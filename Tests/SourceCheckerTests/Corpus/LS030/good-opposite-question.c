// The same two parts, asked the other way round.
#include <ntddk.h>

VOID Use(PVOID context, PMDL whole, ULONG offset, ULONG length, VOID (*use)(PVOID, ULONG))
{
    PMDL mdl = whole;

    if (offset != 0 || length != 0) {
        mdl = IoAllocateMdl(context, length, FALSE, FALSE, NULL);
        if (!mdl)
            return;
    }
    use(context, MmGetMdlByteCount(mdl));
    if (!(offset == 0 && length == 0))
        IoFreeMdl(mdl);
}
