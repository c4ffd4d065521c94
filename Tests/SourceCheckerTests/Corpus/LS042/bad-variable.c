#include <ntddk.h>

VOID Mark(PIRP irp)
{
    PUCHAR buffer = (PUCHAR)MmGetMdlVirtualAddress(irp->MdlAddress);

    buffer[0] = 1; // expect LS042
}
