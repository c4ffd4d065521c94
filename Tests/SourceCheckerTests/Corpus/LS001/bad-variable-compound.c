// The address is moved in a statement of its own.
#include <ntddk.h>

VOID FillBuffer(PIRP Irp, ULONG Length)
{
    PUCHAR buffer = (PUCHAR)MmMapLockedPages(Irp->MdlAddress, KernelMode); // expect LS021

    buffer += MmGetMdlByteOffset(Irp->MdlAddress); // expect LS001
    RtlZeroMemory(buffer, Length);
}
