// Hostile: DriverEntry calls itself until the kernel stack is used up.
// Loads on: nt310 and later. Expected: a double fault, or a fault on the page below the stack; then a bug check.
#include "testdriver.h"

static volatile ULONG goOn = 1;

static DECLSPEC_NOINLINE ULONG Recurse(ULONG depth) {
  volatile ULONG frame[16];
  frame[0] = depth;
  ULONG deeper = goOn ? Recurse(depth + 1) : 0;
  return deeper + frame[0];
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  return (NTSTATUS)Recurse(0);
}
