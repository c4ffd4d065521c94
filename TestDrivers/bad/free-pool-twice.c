// Frees a small block of pool twice.
#include "bad.h"

static VOID Act(VOID) {
  PVOID block = ExAllocatePool(NonPagedPool, 0x40);
  ExFreePool(block);
#ifdef CORRECT
  block = ExAllocatePool(NonPagedPool, 0x40);
#endif
  ExFreePool(block);  // MISTAKE
}
