// Where in the buffer another buffer begins.
#include <ntddk.h>

PUCHAR Translate(PMDL mdl, PVOID dataBuffer, PUCHAR systemBase)
{
    ULONG_PTR index = (ULONG_PTR)((PUCHAR)dataBuffer - (PUCHAR)MmGetMdlVirtualAddress(mdl));

    return systemBase + index;
}
