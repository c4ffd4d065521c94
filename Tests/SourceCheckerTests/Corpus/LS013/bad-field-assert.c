#include <ntddk.h>

typedef struct _RING {
    PVOID Memory;
    ULONG Size;
    PMDL Mdl;
} RING, *PRING;

NTSTATUS InitRing(PRING ring)
{
    ring->Mdl = IoAllocateMdl(ring->Memory, ring->Size, FALSE, FALSE, NULL); // expect LS013
    ASSERT(ring->Mdl);
    MmBuildMdlForNonPagedPool(ring->Mdl);
    return STATUS_SUCCESS;
}
