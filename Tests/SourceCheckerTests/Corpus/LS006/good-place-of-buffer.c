// How far into the MDL's buffer the request's buffer lies, as storage drivers reckon it.
#include <ntddk.h>

VOID Mark(PIRP Irp, PUCHAR dataBuffer)
{
    PUCHAR system = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    ULONG place;

    if (system == NULL)
        return;
    place = (ULONG)(dataBuffer - (PUCHAR)MmGetMdlVirtualAddress(Irp->MdlAddress));
    system[place] = 1;
    place = (ULONG)(dataBuffer - system);
    DbgPrint("%lu\n", place);
}
