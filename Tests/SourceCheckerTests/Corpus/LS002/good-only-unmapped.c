// To unmap, either address will do.
#include <ntddk.h>

BOOLEAN CanMap(PMDL mdl)
{
    PVOID page = MmMapLockedPages(mdl, KernelMode); // expect LS021

    if (page == NULL)
        return FALSE;
    MmUnmapLockedPages(page, mdl);
    return TRUE;
}
