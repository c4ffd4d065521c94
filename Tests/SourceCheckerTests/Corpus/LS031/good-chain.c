#include <ntddk.h>

VOID ReleaseAll(PIRP irp)
{
    PMDL mdl = irp->MdlAddress;

    while (mdl != NULL) {
        PMDL next = mdl->Next;

        MmUnlockPages(mdl);
        IoFreeMdl(mdl);
        mdl = next;
    }
    irp->MdlAddress = NULL;
}
