// What tests the address is a macro of a header.
#include <ntddk.h>

#include "../leaving.h"

NTSTATUS Clear(PMDL mdl, PMDL other)
{
    PVOID va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    PVOID second;

    RETURN_IF_NULL(va);
    RtlZeroMemory(va, MmGetMdlByteCount(mdl));
    second = MmGetSystemAddressForMdlSafe(other, NormalPagePriority);
    CHECK_THAT(second != NULL);
    RtlZeroMemory(second, MmGetMdlByteCount(other));
    return STATUS_SUCCESS;
}
