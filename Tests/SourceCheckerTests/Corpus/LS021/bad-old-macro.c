#include <ntddk.h>

VOID Clear(PIRP Irp)
{
    PVOID va = MmGetSystemAddressForMdl(Irp->MdlAddress); // expect LS021

    RtlZeroMemory(va, MmGetMdlByteCount(Irp->MdlAddress));
}
