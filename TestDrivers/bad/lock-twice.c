// Locks the pages of an MDL that are locked.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
#ifdef CORRECT
  MmUnlockPages(mdl);
#endif
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);  // MISTAKE
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
