#include <ntddk.h>

typedef struct _TRANSFER {
    PMDL Mdl;
    PVOID Buffer;
} TRANSFER, *PTRANSFER;

VOID LockAgain(PTRANSFER transfer);

VOID TwoRounds(PTRANSFER transfer)
{
    MmUnlockPages(transfer->Mdl);
    IoFreeMdl(transfer->Mdl);
    LockAgain(transfer);
    MmUnlockPages(transfer->Mdl);
    IoFreeMdl(transfer->Mdl);
}
