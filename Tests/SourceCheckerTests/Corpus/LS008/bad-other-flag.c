// That the pages are locked does not say that they are mapped.
#include <ntddk.h>

PVOID AddressOf(PMDL mdl)
{
    if (mdl->MdlFlags & MDL_PAGES_LOCKED)
        return mdl->MappedSystemVa; // expect LS008
    return NULL;
}
