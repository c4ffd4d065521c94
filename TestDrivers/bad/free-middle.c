// Frees an address inside a block of pool.
#include "bad.h"

static VOID Act(VOID) {
  PUCHAR block = ExAllocatePool(NonPagedPool, 0x100);
#ifndef CORRECT
  block += 0x40;
#endif
  ExFreePool(block);  // MISTAKE
}
