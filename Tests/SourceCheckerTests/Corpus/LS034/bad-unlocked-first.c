#include <ntddk.h>

VOID Close(PMDL m, PVOID userVa)
{
    MmUnlockPages(m);
    MmUnmapLockedPages(userVa, m); // expect LS034
    IoFreeMdl(m);
}
