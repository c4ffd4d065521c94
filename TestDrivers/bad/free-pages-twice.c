// Frees a block of whole pages twice.
#include "bad.h"

static VOID Act(VOID) {
  PVOID block = ExAllocatePool(NonPagedPool, 0x3000);
  ExFreePool(block);
#ifdef CORRECT
  block = ExAllocatePool(NonPagedPool, 0x3000);
#endif
  ExFreePool(block);  // MISTAKE
}
