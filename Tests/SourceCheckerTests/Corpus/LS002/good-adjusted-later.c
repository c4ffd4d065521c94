#include <ntddk.h>

typedef struct _CONTEXT_BLOCK {
    PMDL Mdl;
    PVOID Page;
    PUCHAR Data;
} CONTEXT_BLOCK, *PCONTEXT_BLOCK;

VOID Prepare(PCONTEXT_BLOCK block)
{
    PVOID page;

    page = MmMapLockedPages(block->Mdl, KernelMode); // expect LS021
    block->Data = (PUCHAR)PAGE_ALIGN(page) + MmGetMdlByteOffset(block->Mdl);
    block->Data[0] = 0;
}
