// Writes a byte before the start of a block.
#include "bad.h"

static VOID Act(VOID) {
  volatile UCHAR *block = ExAllocatePool(NonPagedPool, 0x40);
#ifdef CORRECT
  block[0] = 1;
#else
  block[-2] = 1;
#endif
  ExFreePool((PVOID)block);  // MISTAKE
}
