#include <ntddk.h>

VOID Fill(PIRP irp, ULONG length)
{
    PVOID buffer = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);

    if (buffer != NULL)
        RtlFillMemory(buffer, length, 0xFF);
}
