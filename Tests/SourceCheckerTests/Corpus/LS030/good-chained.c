// The chain keeps it.
#include <ntddk.h>

PMDL Append(PMDL chain, PVOID buffer, ULONG length)
{
    PMDL last = chain;
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    if (mdl == NULL)
        return NULL;
    while (last->Next != NULL)
        last = last->Next;
    last->Next = mdl;
    return chain;
}
