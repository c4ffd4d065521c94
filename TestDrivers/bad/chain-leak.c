// Frees only the first MDL of a chain.
#include "bad.h"

static VOID Act(VOID) {
  PUCHAR buffer = ExAllocatePool(NonPagedPool, 0x2000);
  PMDL mdl = MdlFor(buffer, 0x1000);
  mdl->Next = MdlFor(buffer + 0x1000, 0x1000);
#ifdef CORRECT
  IoFreeMdl(mdl->Next);
#endif
  IoFreeMdl(mdl);  // MISTAKE
  ExFreePool(buffer);
}
