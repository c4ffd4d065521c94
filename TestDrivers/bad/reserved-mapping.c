// Uses MappedSystemVa after a reserved mapping (KD-005). Loads on: wxp and later.
#include "bad.h"

static VOID Act(VOID) {
  PUCHAR buffer = ExAllocatePool(PagedPool, 0x1000);
  PMDL mdl = MdlFor(buffer + 0x123, 0x100);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  PVOID reserved = MmAllocateMappingAddress(0x1000, 'kcoL');
  volatile UCHAR *mapping = MmMapLockedPagesWithReservedMapping(reserved, 'kcoL', mdl, MmCached);
  if (mapping) {
#ifndef CORRECT
    mapping = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
#endif
    for (ULONG i = 0; i < 0x100; i++) mapping[i] = Pattern(i);  // MISTAKE
    MmUnmapReservedMapping(reserved, 'kcoL', mdl);
  }
  MmFreeMappingAddress(reserved, 'kcoL');
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
