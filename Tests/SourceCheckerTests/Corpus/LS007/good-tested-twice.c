// The second test is needless, not wrong.
#include <ntddk.h>

BOOLEAN ReadBody(PMDL mdl, PUCHAR out, ULONG length)
{
    PUCHAR body = (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (body == NULL)
        return FALSE;
    body += 32;
    if (body != NULL)
        RtlCopyMemory(out, body, length);
    return TRUE;
}
