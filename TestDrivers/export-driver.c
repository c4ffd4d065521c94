// A driver that other drivers import from: by name, by ordinal, and by a name that is forwarded (export-driver.def).
// Loads on: nt310 and later.
//
// No device; DriverEntry returns STATUS_SUCCESS. ExportAdd (ordinal 1), ExportCompare (2, forwarded to
// ntoskrnl.RtlCompareMemory), and without names 7 (twice its argument) and 8 (three times).
#include "testdriver.h"

ULONG NTAPI ExportAdd(ULONG a, ULONG b) { return a + b; }
ULONG NTAPI ExportTwice(ULONG a) { return 2 * a; }
ULONG NTAPI ExportThrice(ULONG a) { return 3 * a; }

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
