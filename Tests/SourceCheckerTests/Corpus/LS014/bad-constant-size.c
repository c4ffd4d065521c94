#include <ntddk.h>

#define LOG_SIZE (64 * 1024)

static PMDL LogMdl;
static PUCHAR Log;

NTSTATUS CreateLog(VOID)
{
    PHYSICAL_ADDRESS low, high;
    PMDL mdl;

    low.QuadPart = 0;
    high.QuadPart = ~0ULL;
    mdl = MmAllocatePagesForMdl(low, high, low, LOG_SIZE); // expect LS014
    if (mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Log = MmGetSystemAddressForMdlSafe(mdl, HighPagePriority);
    if (Log == NULL) {
        MmFreePagesFromMdl(mdl);
        ExFreePool(mdl);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Log, LOG_SIZE);
    LogMdl = mdl;
    return STATUS_SUCCESS;
}
