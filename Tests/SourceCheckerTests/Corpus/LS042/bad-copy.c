#include <ntddk.h>

VOID Read(PIRP irp, PUCHAR dst, ULONG n)
{
    RtlCopyMemory(dst, MmGetMdlVirtualAddress(irp->MdlAddress), n); // expect LS042
}
