#include <ntddk.h>

VOID Copy(PIRP Irp, PVOID source, ULONG length)
{
    PMDL mdl = Irp->MdlAddress;
    ULONG_PTR va = (ULONG_PTR)MmGetSystemAddressForMdl(mdl); // expect LS021

    RtlCopyMemory((PVOID)(va + MmGetMdlByteOffset(mdl)), source, length); // expect LS003
}
