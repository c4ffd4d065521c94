// Removes a mapping that it has removed.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  PVOID mapping = MmMapLockedPages(mdl, KernelMode);
  MmUnmapLockedPages(mapping, mdl);
#ifndef CORRECT
  MmUnmapLockedPages(mapping, mdl);  // MISTAKE
#endif
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
