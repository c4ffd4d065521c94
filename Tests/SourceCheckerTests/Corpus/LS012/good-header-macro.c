// What leaves the function is a macro of a header.
#include <ntddk.h>

#include "../leaving.h"

NTSTATUS Read(PIRP Irp, PUCHAR from, ULONG n)
{
    PUCHAR to = (PUCHAR)MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);

    if (to == NULL)
    {
        TRACE_EXIT();
        EXIT_FAILURE(0);
    }
    RtlCopyMemory(to, from, n);
    EXIT_SUCCESS(n);
}
