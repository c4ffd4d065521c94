// Uses the NULL that it got for a block that is too large.
#include "bad.h"

static VOID Act(VOID) {
#ifdef CORRECT
  SIZE_T size = 0x40;
#else
  SIZE_T size = 0x70000000;
#endif
  volatile UCHAR *block = ExAllocatePool(NonPagedPool, size);
  block[0x10] = 1;  // MISTAKE
  ExFreePool((PVOID)block);
}
