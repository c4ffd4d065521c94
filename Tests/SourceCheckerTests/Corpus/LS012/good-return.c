#include <ntddk.h>

NTSTATUS Clear(PMDL m, ULONG n)
{
    PVOID p = MmGetSystemAddressForMdlSafe(m, LowPagePriority);

    if (p == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(p, n);
    return STATUS_SUCCESS;
}
