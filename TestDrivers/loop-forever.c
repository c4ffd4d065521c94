// Hostile: DriverEntry never returns.
// Loads on: nt310 and later. Expected: stopped by the budget.
#include "testdriver.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  static volatile ULONG count;
  for (;;) count++;
}
