#include <ntddk.h>

VOID Close(PMDL mdl, PVOID va)
{
    IoFreeMdl(mdl);
    MmUnmapLockedPages(va, mdl); // expect LS034
}
