#include <ntddk.h>

VOID Put(PMDL mdl, UCHAR value, unsigned int at)
{
    PUCHAR base = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (base != NULL)
        *(PUCHAR)((unsigned int)base + at) = value; // expect LS006
}
