#include <ntddk.h>

NTSTATUS Fill(PMDL mdl)
{
    PUCHAR va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority); // expect LS012

    if (va)
        return STATUS_SUCCESS;
    va[0] = 1;
    return STATUS_UNSUCCESSFUL;
}
