// Unlocks pages twice that it has locked once.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  MmUnlockPages(mdl);
#ifndef CORRECT
  MmUnlockPages(mdl);  // MISTAKE
#endif
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
