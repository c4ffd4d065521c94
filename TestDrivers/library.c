// An export driver as the driver kit describes it: DllInitialize and DllUnload, and a DriverEntry that is never called.
// Loads on: nt310 and later, as an import of library-client.
//
// No device. DllInitialize is called since Windows 2000 when the driver is loaded as an import, with the path of its key; DllUnload when
// the last driver that imports from it is gone. Both print. LibraryCalls returns 1 after DllInitialize and 0 without.
#define SOURCE "library.c"
#include "testdriver.h"

static ULONG calls;

ULONG NTAPI LibraryCalls(VOID) { return calls; }

NTSTATUS NTAPI DllInitialize(PUNICODE_STRING path) {
  calls++;
  DbgPrint("%s: DllInitialize %wZ\n", SOURCE, path);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DllUnload(VOID) {
  DbgPrint("%s: DllUnload\n", SOURCE);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  DbgPrint("%s: DriverEntry\n", SOURCE);
  return STATUS_UNSUCCESSFUL;
}
