#include <ntddk.h>

typedef struct _OPEN_FILE {
    PMDL Mdl;
    PEPROCESS Process;
} OPEN_FILE, *POPEN_FILE;

VOID Adopt(POPEN_FILE file)
{
    file->Process = PsGetCurrentProcess();
    file->Mdl->Process = file->Process; // expect LS040
}
