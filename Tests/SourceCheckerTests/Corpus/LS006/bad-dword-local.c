#include <ntddk.h>

typedef unsigned long DWORD;

NTSTATUS Align(PMDL mdl, PVOID *result)
{
    DWORD address;
    PVOID va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (!va)
        return STATUS_INSUFFICIENT_RESOURCES;
    address = (DWORD)va; // expect LS006
    address = (address + 15) & ~15;
    *result = (PVOID)address;
    return STATUS_SUCCESS;
}
