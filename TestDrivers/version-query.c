// Asks the kernel for its version in two ways, and prints it.
// Loads on: nt400 and later (PsGetVersion).
//
// No device. Prints "version 5.0 build 2195 (NtBuildNumber 2195, free) []" with the release's own numbers; the brackets hold
// the service pack's name. DriverEntry returns STATUS_SUCCESS only if both ways agree on the build.
#define SOURCE "version-query.c"
#include "testdriver.h"

DECLSPEC_IMPORT ULONG NtBuildNumber;

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  ULONG major = 0, minor = 0, build = 0;
  UNICODE_STRING servicePack = {0, 0, NULL};
  BOOLEAN checked = PsGetVersion(&major, &minor, &build, &servicePack);
  DbgPrint("version %lu.%lu build %lu (NtBuildNumber %lu, %s) [%wZ]\n", major, minor, build, NtBuildNumber & 0xFFFF,
           checked ? "checked" : "free", &servicePack);
  CHECK((NtBuildNumber & 0xFFFF) == (build & 0xFFFF));
  CHECK(major >= 4);
  return STATUS_SUCCESS;
}
