// Leaves an MDL.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(NonPagedPool, 0x40);
  PMDL mdl = MdlFor(buffer, 0x40);  // MISTAKE
  MmBuildMdlForNonPagedPool(mdl);
#ifdef CORRECT
  IoFreeMdl(mdl);
#endif
  ExFreePool(buffer);
}
