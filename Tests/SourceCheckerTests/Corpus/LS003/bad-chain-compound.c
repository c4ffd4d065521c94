#include <ntddk.h>

ULONG Gather(PMDL first, PUCHAR out)
{
    ULONG total = 0;
    PMDL m;

    for (m = first; m != NULL; m = m->Next) {
        PUCHAR p = MmGetSystemAddressForMdlSafe(m, NormalPagePriority);
        if (p == NULL)
            break;
        p += MmGetMdlByteOffset(m); // expect LS003
        RtlCopyMemory(out + total, p, MmGetMdlByteCount(m));
        total += MmGetMdlByteCount(m);
    }
    return total;
}
