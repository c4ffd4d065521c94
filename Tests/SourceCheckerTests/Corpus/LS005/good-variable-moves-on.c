// The variable names another MDL by the time that the second mapping is made.
#include <ntddk.h>

VOID Two(PMDL first, PMDL second, PULONG out)
{
    PMDL m = first;
    ULONG_PTR va;

    va = (ULONG_PTR)MmMapLockedPages(m, KernelMode) | MmGetMdlByteOffset(first); // expect LS021
    out[0] = *(PULONG)va;
    m = second;
    va = (ULONG_PTR)MmMapLockedPages(second, KernelMode) | MmGetMdlByteOffset(m); // expect LS021
    out[1] = *(PULONG)va;
}
