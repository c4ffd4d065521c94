// Only the low bits are wanted.
#include <ntddk.h>

UCHAR Parity(PMDL mdl)
{
    PVOID va = MmGetMdlVirtualAddress(mdl);

    return (UCHAR)((UCHAR)(ULONG_PTR)va ^ (USHORT)(ULONG_PTR)va);
}
