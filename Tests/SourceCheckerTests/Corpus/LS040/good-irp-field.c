// The pointer is the request's, and so is what is written.
#include <ntddk.h>

VOID Detach(PIRP Irp, PMDL *kept)
{
    *kept = Irp->MdlAddress;
    Irp->MdlAddress = NULL;
}
