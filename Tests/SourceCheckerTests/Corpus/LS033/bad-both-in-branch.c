#include <ntddk.h>

typedef struct _BLOCK {
    PMDL Mdl;
    BOOLEAN Pool;
} BLOCK, *PBLOCK;

VOID Use(PBLOCK block)
{
    if (block->Pool) {
        MmBuildMdlForNonPagedPool(block->Mdl);
        DbgPrint("from pool\n");
        MmUnlockPages(block->Mdl); // expect LS033
    }
}
