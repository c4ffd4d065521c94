// Hostile: DriverEntry calls an address where nothing is.
// Loads on: nt310 and later. Expected: a bug check at address 0x0BAD0BAD.
#include "testdriver.h"

typedef NTSTATUS NTAPI FUNCTION(VOID);

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  static volatile ULONG_PTR nowhere = 0x0BAD0BAD;
  return ((FUNCTION *)nowhere)();
}
