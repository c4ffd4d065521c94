#include <ntddk.h>

VOID Read(PIRP irp, PUCHAR dst, ULONG n)
{
    PVOID source = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);

    if (source != NULL)
        RtlCopyMemory(dst, source, n);
}
