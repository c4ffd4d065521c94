#include <ntddk.h>

VOID FillBuffer(PIRP Irp, ULONG Length)
{
    PUCHAR buffer = (PUCHAR)MmMapLockedPages(Irp->MdlAddress, KernelMode); // expect LS021

    buffer = (PUCHAR)PAGE_ALIGN(buffer);
    buffer += MmGetMdlByteOffset(Irp->MdlAddress);
    RtlZeroMemory(buffer, Length);
}
