// The form of KB199311: right before and after Service Pack 4.
#include <ntddk.h>

PVOID MapBuffer(PMDL mdl)
{
    PVOID address;

    address = (PVOID)((ULONG_PTR)MmMapLockedPages(mdl, KernelMode) | MmGetMdlByteOffset(mdl)); // expect LS021
    return address;
}
