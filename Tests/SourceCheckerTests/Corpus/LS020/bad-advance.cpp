// target w2k..wxp
#include <ntddk.h>

bool Skip(PIRP irp, ULONG bytes)
{
    return NT_SUCCESS(MmAdvanceMdl(irp->MdlAddress, bytes)); // expect LS020
}
