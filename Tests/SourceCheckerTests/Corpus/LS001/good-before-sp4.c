// target nt310..nt400sp3
// Up to Service Pack 3 the sum is what is wanted.
#include <ntddk.h>

PVOID MapBuffer(PMDL mdl)
{
    return (PUCHAR)MmMapLockedPages(mdl, KernelMode) + MmGetMdlByteOffset(mdl);
}
