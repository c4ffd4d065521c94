// Reads through a mapping that it has removed.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  volatile UCHAR *mapping = MmMapLockedPages(mdl, KernelMode);
#ifdef CORRECT
  DbgPrint("%u\n", mapping[0x10]);
#endif
  MmUnmapLockedPages((PVOID)mapping, mdl);
#ifndef CORRECT
  DbgPrint("%u\n", mapping[0x10]);  // MISTAKE
#endif
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
