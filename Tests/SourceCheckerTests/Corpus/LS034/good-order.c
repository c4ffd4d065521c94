#include <ntddk.h>

VOID Close(PMDL m, PVOID userVa)
{
    MmUnmapLockedPages(userVa, m);
    MmUnlockPages(m);
    IoFreeMdl(m);
}
