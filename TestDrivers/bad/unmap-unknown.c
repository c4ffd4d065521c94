// Passes the address of the buffer where that of its mapping is wanted.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  PVOID mapping = MmMapLockedPages(mdl, KernelMode);
#ifdef CORRECT
  MmUnmapLockedPages(mapping, mdl);
#else
  *(volatile UCHAR *)mapping = 1;
  MmUnmapLockedPages(buffer, mdl);  // MISTAKE
#endif
  MmUnlockPages(mdl);
  ExFreePool(MmGetMdlVirtualAddress(mdl));
  IoFreeMdl(mdl);
}
