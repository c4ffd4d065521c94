#include <ntddk.h>

PVOID AddressOf(PMDL mdl)
{
    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        return mdl->MappedSystemVa;
    return NULL;
}
