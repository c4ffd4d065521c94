// The offset of the first MDL serves for all of them.
#include <ntddk.h>

VOID Clear(PMDL chain)
{
    ULONG offset = MmGetMdlByteOffset(chain);
    PMDL m;

    for (m = chain->Next; m != NULL; m = m->Next) {
        PVOID page = MmMapLockedPages(m, KernelMode); // expect LS021
        PUCHAR data = (PUCHAR)((ULONG_PTR)page | offset); // expect LS005
        RtlZeroMemory(data, MmGetMdlByteCount(m));
    }
}
