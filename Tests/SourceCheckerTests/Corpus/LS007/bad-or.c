#include <ntddk.h>

PUCHAR Map(PIRP Irp)
{
    PUCHAR va;

    va = (PUCHAR)((ULONG_PTR)MmMapLockedPages(Irp->MdlAddress, KernelMode) | MmGetMdlByteOffset(Irp->MdlAddress)); // expect LS021
    if (!va) { // expect LS007
        Irp->IoStatus.Status = STATUS_INSUFFICIENT_RESOURCES;
        return NULL;
    }
    return va;
}
