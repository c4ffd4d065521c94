// Frees an MDL twice.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(NonPagedPool, 0x100);
  PMDL mdl = MdlFor(buffer, 0x100);
  IoFreeMdl(mdl);
#ifdef CORRECT
  mdl = MdlFor(buffer, 0x100);
#endif
  IoFreeMdl(mdl);  // MISTAKE
  ExFreePool(buffer);
}
