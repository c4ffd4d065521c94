// Writes to pages that it has locked for reading.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(PagedPool, 0x3000);
#ifdef CORRECT
  LOCK_OPERATION operation = IoModifyAccess;
#else
  LOCK_OPERATION operation = IoReadAccess;
#endif
  PMDL mdl = MdlFor(buffer, 0x3000);
  MmProbeAndLockPages(mdl, KernelMode, operation);
  volatile UCHAR *mapping = MmMapLockedPages(mdl, KernelMode);
  ULONG sum = mapping[0x1000] + mapping[0x1001];
  mapping[0x1002] = (UCHAR)sum;  // MISTAKE
  MmUnmapLockedPages((PVOID)mapping, mdl);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
