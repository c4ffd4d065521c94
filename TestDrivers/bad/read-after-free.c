// Reads a block of pool that it has freed.
#include "bad.h"

static VOID Act(VOID) {
  volatile UCHAR *block = ExAllocatePool(PagedPool, 0x40);
  block[8] = 1;
#ifdef CORRECT
  DbgPrint("%u\n", block[8]);
#endif
  ExFreePool((PVOID)block);
#ifndef CORRECT
  DbgPrint("%u\n", block[8]);  // MISTAKE
#endif
}
