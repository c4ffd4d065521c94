// Frees an MDL that is mapped for user mode.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(NonPagedPool, 0x1800);
  PMDL mdl = MdlFor(buffer, 0x1800);
  MmBuildMdlForNonPagedPool(mdl);
  PVOID volatile mapping = MmMapLockedPages(mdl, UserMode);
  *(volatile UCHAR *)mapping = 1;
#ifdef CORRECT
  MmUnmapLockedPages(mapping, mdl);
#endif
  IoFreeMdl(mdl);  // MISTAKE
  ExFreePool(buffer);
}
