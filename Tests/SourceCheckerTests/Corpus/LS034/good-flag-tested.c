#include <ntddk.h>

VOID Release(PMDL mdl, BOOLEAN early)
{
    if (early)
        MmUnlockPages(mdl);
    if (mdl->MdlFlags & MDL_PAGES_LOCKED)
        MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}
