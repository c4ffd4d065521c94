// target nt400sp6a..win11_24h2
#include <ntddk.h>

PMDL Allocate(SIZE_T size)
{
    PHYSICAL_ADDRESS zero, top;
    PMDL mdl;

    zero.QuadPart = 0;
    top.QuadPart = -1;
    mdl = MmAllocatePagesForMdl(zero, top, zero, size); // expect LS020
    if (mdl != NULL && MmGetMdlByteCount(mdl) < size) {
        MmFreePagesFromMdl(mdl); // expect LS020
        ExFreePool(mdl);
        mdl = NULL;
    }
    return mdl;
}
