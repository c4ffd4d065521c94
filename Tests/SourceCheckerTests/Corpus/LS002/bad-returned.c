#include <ntddk.h>

PVOID MapForDriver(PMDL Mdl)
{
    PVOID va = MmMapLockedPages(Mdl, KernelMode); // expect LS002 LS021

    DbgPrint("mapped at %p\n", va);
    return va;
}
