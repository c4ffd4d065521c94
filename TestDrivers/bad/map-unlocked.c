// Maps an MDL whose pages nobody has locked.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800);
#ifdef CORRECT
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
#endif
  PVOID mapping = MmMapLockedPages(mdl, KernelMode);  // MISTAKE
  MmUnmapLockedPages(mapping, mdl);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
