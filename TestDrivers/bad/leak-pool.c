// Leaves a block of pool.
#include "bad.h"

static VOID Act(VOID) {
  volatile UCHAR *block = ExAllocatePool(NonPagedPool, 0x40);  // MISTAKE
  block[0] = 1;
#ifdef CORRECT
  ExFreePool((PVOID)block);
#endif
}
