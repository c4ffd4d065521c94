#include <ntddk.h>

typedef struct _SESSION {
    PVOID In;
    PVOID Out;
    PMDL InMdl;
    PMDL OutMdl;
} SESSION, *PSESSION;

NTSTATUS Open(PSESSION session, ULONG length)
{
    session->OutMdl = NULL;
    if (!(session->InMdl = IoAllocateMdl(session->In, length, FALSE, FALSE, NULL)))
        goto Failed;
    MmBuildMdlForNonPagedPool(session->InMdl);
    if (!(session->OutMdl = IoAllocateMdl(session->Out, length, FALSE, FALSE, NULL)))
        goto Failed;
    MmBuildMdlForNonPagedPool(session->OutMdl);
    return STATUS_SUCCESS;

Failed:
    if (session->InMdl != NULL) {
        IoFreeMdl(session->InMdl);
        session->InMdl = NULL;
    }
    return STATUS_INSUFFICIENT_RESOURCES;
}
