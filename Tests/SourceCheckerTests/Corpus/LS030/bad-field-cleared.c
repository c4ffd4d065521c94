// The field is cleared where the MDL was to be freed first.
#include <ntddk.h>

typedef struct _DEVICE_STATE {
    PMDL Mdl;
    PVOID SystemVa;
} DEVICE_STATE, *PDEVICE_STATE;

NTSTATUS Attach(PDEVICE_STATE state, PVOID page, ULONG length)
{
    state->Mdl = IoAllocateMdl(page, length, FALSE, FALSE, NULL);
    if (state->Mdl == NULL)
        return STATUS_NO_MEMORY;
    MmBuildMdlForNonPagedPool(state->Mdl);
    state->SystemVa = MmGetSystemAddressForMdlSafe(state->Mdl, NormalPagePriority);
    if (state->SystemVa == NULL || length > PAGE_SIZE) {
        state->Mdl = NULL;
        return STATUS_NO_MEMORY; // expect LS030
    }
    return STATUS_SUCCESS;
}
