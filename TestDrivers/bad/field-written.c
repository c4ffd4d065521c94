// Moves the start of a mapped MDL by hand.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1000);
  PMDL mdl = MdlFor(buffer, 0x800);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  PVOID mapping = MmMapLockedPages(mdl, KernelMode);
#ifndef CORRECT
  mdl->ByteOffset += 0x10;
#endif
  MmUnmapLockedPages(mapping, mdl);  // MISTAKE
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
