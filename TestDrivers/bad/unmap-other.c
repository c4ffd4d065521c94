// Removes a mapping of one MDL with another MDL.
#include "bad.h"

static VOID Act(VOID) {
  PUCHAR buffer = ExAllocatePool(PagedPool, 0x2000);
  PMDL one = MdlFor(buffer, 0x1000), two = MdlFor(buffer + 0x1000, 0x1000);
  MmProbeAndLockPages(one, KernelMode, IoModifyAccess);
  MmProbeAndLockPages(two, KernelMode, IoModifyAccess);
  PVOID first = MmMapLockedPages(one, KernelMode), second = MmMapLockedPages(two, KernelMode);
#ifdef CORRECT
  MmUnmapLockedPages(second, two);
#else
  *(volatile UCHAR *)second = 1;
  MmUnmapLockedPages(first, two);  // MISTAKE
#endif
  MmUnmapLockedPages(first, one);
  MmUnlockPages(two);
  MmUnlockPages(one);
  IoFreeMdl(two);
  IoFreeMdl(one);
  ExFreePool(buffer);
}
