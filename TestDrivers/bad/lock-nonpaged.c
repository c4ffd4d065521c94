// Locks an MDL that describes nonpaged pool.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(NonPagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800);
  MmBuildMdlForNonPagedPool(mdl);
#ifndef CORRECT
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);  // MISTAKE
  MmUnlockPages(mdl);
#endif
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
