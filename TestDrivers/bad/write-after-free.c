// Writes to a block of pool that it has freed.
#include "bad.h"

static VOID Act(VOID) {
  volatile UCHAR *block = ExAllocatePool(NonPagedPool, 0x40);
#ifdef CORRECT
  block[8] = 1;
#endif
  ExFreePool((PVOID)block);
#ifndef CORRECT
  block[8] = 1;  // MISTAKE
#endif
}
