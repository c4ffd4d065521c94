// Hostile: imports a name that no release has.
// Loads on: no release.
#include "testdriver.h"

NTKERNELAPI NTSTATUS NTAPI LsNoReleaseHasThis(ULONG Argument);

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  return LsNoReleaseHasThis(1);
}
