// Frees an MDL whose pages are locked.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
#ifdef CORRECT
  MmUnlockPages(mdl);
#endif
  IoFreeMdl(mdl);  // MISTAKE
  ExFreePool(buffer);
}
