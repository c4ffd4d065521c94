// target nt400sp4..w2ksp4
// No release of these has 64-bit addresses.
#include <ntddk.h>

VOID Clear(PMDL mdl, ULONG n)
{
    ULONG va = (ULONG)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (va == 0)
        return;
    RtlZeroMemory((PVOID)va, n);
}
