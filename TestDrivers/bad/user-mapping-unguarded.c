// Maps pages for user mode where nothing handles the exception of a failure.
// The correct twin loads on x86 from Windows 2000 on only, which export _except_handler3.
#include "bad.h"

static VOID Act(VOID) {
  PVOID buffer = ExAllocatePool(NonPagedPool, 0x1000), mapping = NULL;
  PMDL mdl = MdlFor(buffer, 0x1000);
  MmBuildMdlForNonPagedPool(mdl);
#ifdef CORRECT
  __try {
    mapping = MmMapLockedPages(mdl, UserMode);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
  }
#else
  mapping = MmMapLockedPages(mdl, UserMode);  // MISTAKE
#endif
  if (mapping) MmUnmapLockedPages(mapping, mdl);
  IoFreeMdl(mdl);
  ExFreePool(buffer);
}
