// The test is of the MDL, not of the address.
#include <ntddk.h>

NTSTATUS Read(PIRP Irp, PUCHAR data, ULONG length)
{
    PUCHAR buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority); // expect LS012
    ULONG i;

    if (Irp->MdlAddress == NULL)
        return STATUS_INVALID_PARAMETER;
    for (i = 0; i < length; i++)
        buffer[i] = data[i];
    return STATUS_SUCCESS;
}
