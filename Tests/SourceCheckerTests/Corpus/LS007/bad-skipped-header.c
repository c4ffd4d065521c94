#include <ntddk.h>

#define HEADER_SIZE 32

BOOLEAN ReadBody(PMDL mdl, PUCHAR out, ULONG length)
{
    PUCHAR body = (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) + HEADER_SIZE;

    if (body == NULL) // expect LS007
        return FALSE;
    RtlCopyMemory(out, body, length);
    return TRUE;
}
