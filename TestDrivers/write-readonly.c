// Hostile: writes into its own code section, over a function that nothing calls.
// Loads on: nt310 and later. Expected: a bug check on releases that write-protect a driver's code; STATUS_SUCCESS on others.
#include "testdriver.h"

static DECLSPEC_NOINLINE ULONG NTAPI Victim(VOID) { return 0x199311; }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  static ULONG NTAPI (*volatile victim)(VOID) = Victim;
  *(volatile UCHAR *)victim = 0xC3;
  return STATUS_SUCCESS;
}
