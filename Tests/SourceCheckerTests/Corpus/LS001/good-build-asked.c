// The release is asked for before the offset is added.
#include <ntddk.h>

extern ULONG OsBuildNumber;
extern USHORT OsServicePack;

PUCHAR Map(PMDL mdl)
{
    PUCHAR va = (PUCHAR)MmMapLockedPages(mdl, KernelMode); // expect LS021

    if (OsBuildNumber < 1381 || (OsBuildNumber == 1381 && OsServicePack < 4))
        va += MmGetMdlByteOffset(mdl);
    return va;
}
