#include <ntddk.h>

#define BUFFER_OF(irp) MmGetSystemAddressForMdl((irp)->MdlAddress)

VOID Clear(PIRP Irp, ULONG length)
{
    RtlZeroMemory(BUFFER_OF(Irp), length); // expect LS021
}
