#include <ntddk.h>

PVOID VaOf(PMDL m)
{
    return MmGetMdlVirtualAddress(m);
}
