// target nt400sp4..win7sp1
#include <ntddk.h>

PVOID Map(PMDL mdl)
{
    return MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
}
