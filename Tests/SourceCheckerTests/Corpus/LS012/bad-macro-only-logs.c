// A macro of a header that only logs.
#include <ntddk.h>

#include "../leaving.h"

NTSTATUS Clear(PMDL mdl)
{
    PUCHAR va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority); // expect LS012

    if (va == NULL)
        LOG_ERROR("cannot map");
    va[0] = 0;
    return STATUS_SUCCESS;
}
