#include <ntddk.h>

typedef struct _REPLY {
    ULONG Version;
    ULONG Length;
} REPLY, *PREPLY;

NTSTATUS Answer(PIRP Irp)
{
    PREPLY reply;

    reply = (PREPLY)MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority); // expect LS012
    ASSERT(reply != NULL);
    reply->Version = 1;
    reply->Length = sizeof(REPLY);
    Irp->IoStatus.Information = sizeof(REPLY);
    return STATUS_SUCCESS;
}
