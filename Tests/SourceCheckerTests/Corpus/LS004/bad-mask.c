#include <ntddk.h>

VOID Touch(PMDL mdl)
{
    PVOID map = MmMapLockedPages(mdl, KernelMode); // expect LS021
    PUCHAR data;

    data = (PUCHAR)(((ULONG_PTR)map + MmGetMdlByteOffset(mdl)) & ~((ULONG_PTR)PAGE_SIZE - 1)); // expect LS004
    data[0] = 1;
}
