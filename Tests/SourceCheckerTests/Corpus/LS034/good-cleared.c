#include <ntddk.h>

typedef struct _SHARED {
    PMDL Mdl;
    PVOID UserVa;
} SHARED, *PSHARED;

VOID Unmap(PSHARED shared)
{
    if (shared->UserVa != NULL) {
        MmUnmapLockedPages(shared->UserVa, shared->Mdl);
        shared->UserVa = NULL;
    }
    if (shared->Mdl != NULL) {
        MmUnlockPages(shared->Mdl);
        IoFreeMdl(shared->Mdl);
        shared->Mdl = NULL;
    }
}
