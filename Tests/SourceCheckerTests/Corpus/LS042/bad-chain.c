#include <ntddk.h>

ULONG Gather(PMDL chain, PUCHAR out)
{
    ULONG done = 0;
    PMDL m;

    for (m = chain; m != NULL; m = m->Next) {
        PVOID va = MmGetMdlVirtualAddress(m);

        RtlMoveMemory(out + done, va, MmGetMdlByteCount(m)); // expect LS042
        done += MmGetMdlByteCount(m);
    }
    return done;
}
