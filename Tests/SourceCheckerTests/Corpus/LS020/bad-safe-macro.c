// target nt400..win7
// The macro calls a routine that came with Service Pack 4.
#include <ntddk.h>

BOOLEAN Clear(PIRP Irp)
{
    PVOID va = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority); // expect LS020

    if (va == NULL)
        return FALSE;
    RtlZeroMemory(va, MmGetMdlByteCount(Irp->MdlAddress));
    return TRUE;
}
