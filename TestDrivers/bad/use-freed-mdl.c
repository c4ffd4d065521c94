// Asks an MDL for its size that it has freed.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x100);
  PMDL mdl = MdlFor(buffer, 0x100);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  MmUnlockPages(mdl);
#ifdef CORRECT
  DbgPrint("%lu\n", *(volatile ULONG *)&mdl->ByteCount);
#endif
  IoFreeMdl(mdl);
#ifndef CORRECT
  DbgPrint("%lu\n", *(volatile ULONG *)&mdl->ByteCount);  // MISTAKE
#endif
  ExFreePool(buffer);
}
