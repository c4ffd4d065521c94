#include <ntddk.h>

typedef struct _FRAMES {
    PMDL Mdl;
    PUCHAR Base;
    SIZE_T Size;
} FRAMES, *PFRAMES;

NTSTATUS AllocateFrames(PFRAMES f, SIZE_T size)
{
    PHYSICAL_ADDRESS zero, top;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    f->Mdl = MmAllocatePagesForMdl(zero, top, zero, size); // expect LS014
    if (!f->Mdl)
        return STATUS_NO_MEMORY;
    f->Size = size;
    f->Base = MmGetSystemAddressForMdlSafe(f->Mdl, NormalPagePriority);
    return f->Base ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}
