// Allocates paged pool at DISPATCH_LEVEL.
#include "bad.h"

static VOID Act(VOID) {
  KIRQL old;
#ifdef CORRECT
  KeRaiseIrql(APC_LEVEL, &old);
#else
  KeRaiseIrql(DISPATCH_LEVEL, &old);
#endif
  PVOID block = ExAllocatePool(PagedPool, 0x40);  // MISTAKE
  KeLowerIrql(old);
  ExFreePool(block);
}
