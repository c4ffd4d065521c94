// Unlocks pages that are mapped for user mode.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1000);
  PMDL mdl = MdlFor(buffer, 0x1000);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  PVOID mapping = MmMapLockedPages(mdl, UserMode);
#ifdef CORRECT
  MmUnmapLockedPages(mapping, mdl);
#endif
  MmUnlockPages(mdl);  // MISTAKE
#ifndef CORRECT
  MmUnmapLockedPages(mapping, mdl);
#endif
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
