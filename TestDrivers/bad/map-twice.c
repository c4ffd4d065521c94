// Maps an MDL into system space that is mapped there.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  PVOID first = MmMapLockedPages(mdl, KernelMode);
#ifdef CORRECT
  MmUnmapLockedPages(first, mdl);
#endif
  PVOID second = MmMapLockedPages(mdl, KernelMode);  // MISTAKE
#ifndef CORRECT
  MmUnmapLockedPages(first, mdl);
#endif
  MmUnmapLockedPages(second, mdl);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
