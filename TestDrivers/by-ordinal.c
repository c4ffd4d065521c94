// Imports two functions from export-driver.sys by ordinal, which is all that they have.
// Loads on: nt310 and later, when export-driver is loaded or beside it; else the load fails (no such module).
//
// No device. DriverEntry returns STATUS_SUCCESS only if both functions give the right results; so they must.
#define SOURCE "by-ordinal.c"
#include "testdriver.h"

DECLSPEC_IMPORT ULONG NTAPI ExportTwice(ULONG a);
DECLSPEC_IMPORT ULONG NTAPI ExportThrice(ULONG a);

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  CHECK(ExportTwice(21) == 42);
  CHECK(ExportThrice(14) == 42);
  return STATUS_SUCCESS;
}
