// Imports two names from export-driver.sys; one of them is forwarded to the kernel.
// Loads on: nt310 and later, when export-driver is loaded or beside it; else the load fails (no such module).
//
// No device. DriverEntry returns STATUS_SUCCESS only if both functions give the right results; so they must.
#define SOURCE "export-client.c"
#include "testdriver.h"

DECLSPEC_IMPORT ULONG NTAPI ExportAdd(ULONG a, ULONG b);
DECLSPEC_IMPORT SIZE_T NTAPI ExportCompare(const VOID *a, const VOID *b, SIZE_T length);

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  CHECK(ExportAdd(2, 3) == 5);
  CHECK(ExportCompare("lockstep", "lockstop", 8) == 6);
  return STATUS_SUCCESS;
}
