// target w2ksp4..win11_24h2
#include <ntddk.h>

NTSTATUS MakeReadOnly(PMDL mdl)
{
    return MmProtectMdlSystemAddress(mdl, PAGE_READONLY); // expect LS020
}
