// A caller of its own tests what this returns.
#include <ntddk.h>

PMDL AllocateAtLeast(PVOID buffer, ULONG length)
{
    return IoAllocateMdl(buffer, length == 0 ? 1 : length, FALSE, FALSE, NULL);
}

BOOLEAN Probe(PVOID buffer)
{
    PMDL mdl = AllocateAtLeast(buffer, 0);

    if (mdl == NULL)
        return FALSE;
    IoFreeMdl(mdl);
    return TRUE;
}
