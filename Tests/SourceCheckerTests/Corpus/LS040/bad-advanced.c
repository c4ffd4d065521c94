#include <ntddk.h>

VOID Advance(PIRP Irp, ULONG bytes)
{
    Irp->MdlAddress->ByteOffset += bytes; // expect LS040
    Irp->MdlAddress->ByteCount -= bytes; // expect LS040
}
