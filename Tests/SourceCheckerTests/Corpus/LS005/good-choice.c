// One of two, but the same one both times.
#include <ntddk.h>

PVOID MapEither(PIRP Irp, PMDL own)
{
    PMDL mdl = (Irp->MdlAddress != NULL) ? Irp->MdlAddress : own;
    PVOID page = MmMapLockedPages(mdl, KernelMode); // expect LS021

    return (PUCHAR)PAGE_ALIGN(page) + MmGetMdlByteOffset(mdl);
}
