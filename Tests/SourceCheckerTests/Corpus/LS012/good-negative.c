// A negative number says that there is no address.
#include <ntddk.h>

int Clear(PMDL mdl)
{
    PUCHAR va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    int error = 0;

    if (va == NULL)
        error = -12;
    if (error)
        return error;
    va[0] = 0;
    return 0;
}
