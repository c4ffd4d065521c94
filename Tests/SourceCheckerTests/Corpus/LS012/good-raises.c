// A file system's routine that raises an exception, so that it does not come back.
#include <ntddk.h>

VOID FsRaiseStatus(PVOID context, NTSTATUS status);

PVOID MapUserBuffer(PVOID context, PIRP Irp)
{
    PUCHAR address;

    if (Irp->MdlAddress == NULL)
        return Irp->UserBuffer;
    address = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (address == NULL)
        FsRaiseStatus(context, STATUS_INSUFFICIENT_RESOURCES);
    address[0] = 0;
    return address;
}
