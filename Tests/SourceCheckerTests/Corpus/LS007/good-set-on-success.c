#include <ntddk.h>

PUCHAR BodyOf(PMDL mdl, ULONG skip)
{
    PUCHAR body = NULL;
    PUCHAR base;

    if ((base = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority)) != NULL)
        body = base + skip;
    if (body == NULL)
        DbgPrint("no address for %p\n", mdl);
    return body;
}
