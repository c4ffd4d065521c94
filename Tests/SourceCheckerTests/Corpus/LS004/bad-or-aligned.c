#include <ntddk.h>

typedef struct _STATE {
    PMDL Mdl;
    PVOID Data;
} STATE, *PSTATE;

VOID Open(PSTATE state)
{
    ULONG_PTR page = (ULONG_PTR)MmMapLockedPages(state->Mdl, KernelMode); // expect LS021

    state->Data = PAGE_ALIGN(page | MmGetMdlByteOffset(state->Mdl)); // expect LS004
}
