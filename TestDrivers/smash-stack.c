// Hostile: overwrites its own return address, and returns.
// Loads on: nt310 and later. Expected: a bug check at address 0x0BADF00D.
#include "testdriver.h"

static DECLSPEC_NOINLINE VOID Smash(VOID) {
  volatile ULONG_PTR *slot = _AddressOfReturnAddress();
  *slot = 0x0BADF00D;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  Smash();
  return STATUS_SUCCESS;
}
