#include <ntddk.h>

PUCHAR Map(PIRP Irp)
{
    return (PUCHAR)PAGE_ALIGN((PUCHAR)MmMapLockedPages(Irp->MdlAddress, KernelMode) + // expect LS004 LS021
                              MmGetMdlByteOffset(Irp->MdlAddress));
}
