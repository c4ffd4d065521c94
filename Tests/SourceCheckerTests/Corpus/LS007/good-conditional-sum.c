#include <ntddk.h>

PUCHAR BodyOf(PMDL mdl, ULONG skip)
{
    PUCHAR base = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    PUCHAR body = (base != NULL) ? base + skip : NULL;

    if (body == NULL)
        DbgPrint("no address for %p\n", mdl);
    return body;
}
