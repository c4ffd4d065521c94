// Two names of one MDL.
#include <ntddk.h>

PVOID Map(PIRP Irp)
{
    PMDL mdl = Irp->MdlAddress;
    PVOID page = MmMapLockedPages(Irp->MdlAddress, KernelMode); // expect LS021

    return (PVOID)((ULONG_PTR)page | MmGetMdlByteOffset(mdl));
}
