#include <ntddk.h>

ULONG LengthOf(PIRP Irp)
{
    if (Irp->MdlAddress == NULL)
        return 0;
    return MmGetMdlByteCount(Irp->MdlAddress);
}
