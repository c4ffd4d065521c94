#include <ntddk.h>

ULONG Gather(PMDL chain, PUCHAR out)
{
    PMDL m;
    ULONG done = 0;

    for (m = chain; m != NULL; m = m->Next) {
        RtlCopyMemory(out + done,
                      MmGetSystemAddressForMdlSafe(m, NormalPagePriority), // expect LS012
                      MmGetMdlByteCount(m));
        done += MmGetMdlByteCount(m);
    }
    return done;
}
