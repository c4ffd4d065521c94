#include <ntddk.h>

typedef struct _MESSAGE {
    ULONG Size;
    UCHAR Data[1];
} MESSAGE, *PMESSAGE;

ULONG SizeOf(PMDL mdl)
{
    PMESSAGE message = (PMESSAGE)(PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

    if (message == NULL)
        return 0;
    return message->Size;
}
