// Hostile: DriverEntry calls __fastfail with FAST_FAIL_FATAL_APP_EXIT.
// Loads on: nt310 and later. Expected: bug check 0x139 (7) since Windows 8; before, inconclusive.
#include "testdriver.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  __asm__ volatile("int $0x29" : : "c"(7));
  return STATUS_SUCCESS;
}
