#include <ntddk.h>

NTSTATUS Clear(PIRP Irp)
{
    PVOID p;

    if ((p = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority)) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(p, MmGetMdlByteCount(Irp->MdlAddress));
    return STATUS_SUCCESS;
}
