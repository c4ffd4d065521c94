// Writes into the page frame numbers of a locked MDL.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x2000);
  PMDL mdl = MdlFor(buffer, 0x2000);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
#ifndef CORRECT
  MmGetMdlPfnArray(mdl)[1] = MmGetMdlPfnArray(mdl)[0];
#endif
  MmUnlockPages(mdl);  // MISTAKE
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
