// Locks a partial MDL, whose pages its source has locked.
#include "bad.h"

static VOID Act(VOID) {
  PUCHAR buffer = ExAllocatePool(PagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800), part = MdlFor(buffer + 0x800, 0x800);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  IoBuildPartialMdl(mdl, part, buffer + 0x800, 0x800);
#ifndef CORRECT
  MmProbeAndLockPages(part, KernelMode, IoModifyAccess);  // MISTAKE
  MmUnlockPages(part);
#endif
  MmUnlockPages(mdl);
  IoFreeMdl(part);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
