// Hostile: DriverEntry takes nonpaged pool until there is none, and then keeps trying.
// Loads on: nt310 and later. Expected: stopped by the budget, with the pool's limit reached and the host's memory bounded.
#include "testdriver.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  for (;;) {
    volatile ULONG *page = ExAllocatePool(NonPagedPool, PAGE_SIZE);
    if (page) *page = 1;
  }
}
