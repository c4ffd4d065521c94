#include <ntddk.h>

typedef struct _EXTENSION {
    PMDL RingMdl;
    PUCHAR Ring;
    ULONG RingSize;
} EXTENSION, *PEXTENSION;

NTSTATUS AttachRing(PEXTENSION ext, PIRP Irp)
{
    ext->RingMdl = Irp->MdlAddress;
    ext->RingSize = MmGetMdlByteCount(ext->RingMdl);
    ext->Ring = (PUCHAR)MmMapLockedPages(ext->RingMdl, KernelMode); // expect LS002 LS021
    return STATUS_PENDING;
}
