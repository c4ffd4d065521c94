// Writes a byte past the end of a block that fills its units: into the header of the next.
#include "bad.h"

static VOID Act(VOID) {
  volatile UCHAR *block = ExAllocatePool(NonPagedPool, 0x1F0 + 8 * (sizeof(PVOID) == 4));
#ifdef CORRECT
  block[0x10] = 1;
#else
  block[0x1F0 + 8 * (sizeof(PVOID) == 4)] = 1;
#endif
  ExFreePool((PVOID)block);  // MISTAKE
}
