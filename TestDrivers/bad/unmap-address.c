// Unmaps an address in the mapping that is not the one that it got.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1000);
  PMDL mdl = MdlFor(buffer, 0x800);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  PUCHAR mapping = MmMapLockedPages(mdl, KernelMode);
#ifndef CORRECT
  mapping += 0x20;
#endif
  MmUnmapLockedPages(mapping, mdl);  // MISTAKE
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
