#include <ntddk.h>

VOID Clear(PMDL m, ULONG n)
{
    PVOID p = MmGetSystemAddressForMdlSafe(m, LowPagePriority); // expect LS012

    RtlZeroMemory(p, n);
}
