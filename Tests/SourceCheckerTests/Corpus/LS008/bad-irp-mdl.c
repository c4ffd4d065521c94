#include <ntddk.h>

VOID Fill(PIRP irp, ULONG length)
{
    PVOID buffer = irp->MdlAddress->MappedSystemVa; // expect LS008

    RtlFillMemory(buffer, length, 0xFF);
}
