// target nt351..nt400sp3
#include <ntddk.h>

VOID Clear(PIRP Irp)
{
    PVOID va = MmGetSystemAddressForMdl(Irp->MdlAddress);

    RtlZeroMemory(va, MmGetMdlByteCount(Irp->MdlAddress));
}
