// Writes a byte past the end of a block, where no other block begins yet.
#include "bad.h"

static VOID Act(VOID) {
  volatile UCHAR *block = ExAllocatePool(NonPagedPool, 21);
#ifdef CORRECT
  block[20] = 1;
#else
  block[21] = 1;
#endif
  ExFreePool((PVOID)block);  // MISTAKE
}
