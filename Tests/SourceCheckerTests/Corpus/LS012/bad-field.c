#include <ntddk.h>

typedef struct _TRANSFER {
    PMDL Mdl;
    PUCHAR Data;
    ULONG Length;
} TRANSFER, *PTRANSFER;

VOID Start(PTRANSFER t)
{
    t->Data = (PUCHAR)MmGetSystemAddressForMdlSafe(t->Mdl, NormalPagePriority); // expect LS012
    t->Length = MmGetMdlByteCount(t->Mdl);
    if (t->Length > 0)
        t->Data[0] = 0x80;
}
