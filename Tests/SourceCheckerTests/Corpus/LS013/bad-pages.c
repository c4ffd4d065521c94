#include <ntddk.h>

NTSTATUS AllocateShared(SIZE_T size, PMDL *mdl, PVOID *va)
{
    PHYSICAL_ADDRESS low, high, skip;

    low.QuadPart = 0;
    high.QuadPart = -1;
    skip.QuadPart = 0;
    *mdl = MmAllocatePagesForMdl(low, high, skip, size); // expect LS013
    if (MmGetMdlByteCount(*mdl) < size) {
        MmFreePagesFromMdl(*mdl);
        ExFreePool(*mdl);
        return STATUS_NO_MEMORY;
    }
    *va = MmGetSystemAddressForMdlSafe(*mdl, NormalPagePriority);
    return *va ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
