#include <ntddk.h>

VOID Exchange(PMDL in, PMDL out)
{
    ULONG inOffset = MmGetMdlByteOffset(in);
    ULONG_PTR target = (ULONG_PTR)MmMapLockedPages(out, KernelMode); // expect LS021
    PULONG at;

    target = (ULONG_PTR)PAGE_ALIGN(target);
    at = (PULONG)(target + inOffset); // expect LS005
    *at = 0;
}
