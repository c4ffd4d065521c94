// Reads a block of whole pages that it has freed.
#include "bad.h"

static VOID Act(VOID) {
  volatile UCHAR *block = ExAllocatePool(NonPagedPool, 0x2000);
  block[0x1010] = 1;
#ifdef CORRECT
  DbgPrint("%u\n", block[0x1010]);
#endif
  ExFreePool((PVOID)block);
#ifndef CORRECT
  DbgPrint("%u\n", block[0x1010]);  // MISTAKE
#endif
}
