#include <ntddk.h>

VOID Lock(PMDL m)
{
    MmProbeAndLockPages(m, UserMode, IoReadAccess); // expect LS011
}
