// Writes past the end of a block of whole pages.
#include "bad.h"

static VOID Act(VOID) {
  volatile UCHAR *block = ExAllocatePool(NonPagedPool, 0x2000);
#ifdef CORRECT
  block[0x1FFF] = 1;
#else
  block[0x2004] = 1;  // MISTAKE
#endif
  ExFreePool((PVOID)block);
}
