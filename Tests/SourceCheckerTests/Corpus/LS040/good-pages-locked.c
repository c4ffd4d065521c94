// The documentation of MmBuildMdlForNonPagedPool's callers allows for this one too.
#include <ntddk.h>

VOID MarkLocked(PMDL mdl)
{
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
}
