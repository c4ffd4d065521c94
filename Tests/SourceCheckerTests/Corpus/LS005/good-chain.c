#include <ntddk.h>

VOID Clear(PMDL chain)
{
    PMDL m = chain;

    while (m != NULL) {
        ULONG offset = MmGetMdlByteOffset(m);
        PVOID page = MmMapLockedPages(m, KernelMode); // expect LS021
        RtlZeroMemory((PVOID)((ULONG_PTR)page | offset), MmGetMdlByteCount(m));
        m = m->Next;
    }
}
