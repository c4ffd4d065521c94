// What the field held goes on in another.
#include <ntddk.h>

typedef struct _SLOT {
    PMDL Mdl;
    PMDL Spare;
} SLOT, *PSLOT;

VOID Discard(PSLOT slot);

BOOLEAN Refill(PSLOT slot, PVOID buffer, ULONG length)
{
    slot->Mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
    if (slot->Mdl == NULL)
        return FALSE;
    MmBuildMdlForNonPagedPool(slot->Mdl);
    slot->Spare = slot->Mdl;
    slot->Mdl = NULL;
    return TRUE;
}

BOOLEAN Probe(PSLOT slot, PVOID buffer, ULONG length)
{
    slot->Mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
    if (slot->Mdl == NULL)
        return FALSE;
    Discard(slot);
    slot->Mdl = NULL;
    return TRUE;
}

PMDL Detach(PIRP Irp, PVOID buffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, Irp);

    if (mdl != NULL) {
        MmBuildMdlForNonPagedPool(mdl);
        Irp->MdlAddress = NULL;
    }
    return mdl;
}
