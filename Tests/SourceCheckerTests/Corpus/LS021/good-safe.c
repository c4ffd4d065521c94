#include <ntddk.h>

BOOLEAN Clear(PIRP Irp)
{
    PVOID va = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);

    if (va == NULL)
        return FALSE;
    RtlZeroMemory(va, MmGetMdlByteCount(Irp->MdlAddress));
    return TRUE;
}
