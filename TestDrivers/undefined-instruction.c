// Hostile: DriverEntry executes ud2.
// Loads on: nt310 and later. Expected: a bug check for an illegal instruction (0xC000001D).
#include "testdriver.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  __asm__ volatile("ud2");
  return STATUS_SUCCESS;
}
