#include <ntddk.h>

BOOLEAN IsSame(PMDL a, PMDL b)
{
    if (MmGetMdlVirtualAddress(a) != MmGetMdlVirtualAddress(b))
        return FALSE;
    return MmGetMdlByteCount(a) == MmGetMdlByteCount(b);
}
