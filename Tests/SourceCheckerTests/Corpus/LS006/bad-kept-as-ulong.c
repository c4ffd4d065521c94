#include <ntddk.h>

typedef struct _BOARD {
    PMDL Mdl;
    ULONG Window;
} BOARD, *PBOARD;

NTSTATUS OpenWindow(PBOARD board)
{
    PVOID va = MmGetSystemAddressForMdlSafe(board->Mdl, NormalPagePriority);

    if (va == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    board->Window = (ULONG)va; // expect LS006
    return STATUS_SUCCESS;
}
