// Maps two pages of pool from the physical address of the first.
#include "bad.h"

static VOID Act(VOID) {
#ifdef CORRECT
  PHYSICAL_ADDRESS highest = {.LowPart = 0xFFFFFFFF, .HighPart = 0};
  PVOID buffer = MmAllocateContiguousMemory(0x2000, highest);
#else
  PVOID buffer = ExAllocatePool(NonPagedPool, 0x2000);
#endif
  PHYSICAL_ADDRESS physical = MmGetPhysicalAddress(buffer);
  PVOID alias = MmMapIoSpace(physical, 0x2000, MmCached);  // MISTAKE
  MmUnmapIoSpace(alias, 0x2000);
#ifdef CORRECT
  MmFreeContiguousMemory(buffer);
#else
  ExFreePool(buffer);
#endif
}
