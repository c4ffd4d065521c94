// Looks for a cookie that the loader gave it, as the start-up code of drivers for Windows 8 does, and gives up without one.
// Loads on: nt310 and later. Expected: success since Windows 8; before, __fastfail (FAST_FAIL_GS_COOKIE_INIT), which is inconclusive.
#include "testdriver.h"

#ifdef _WIN64
#define UNSET 0x00002B992DDFA232
#define OFFSET 0x58
#else
#define UNSET 0xBB40E64E
#define OFFSET 0x3C
#endif

volatile ULONG_PTR cookie = UNSET;

// The load configuration directory: its size and the address of the cookie.
const struct {
  ULONG size;
  UCHAR before[OFFSET - sizeof(ULONG)];
  volatile ULONG_PTR *cookie;
  UCHAR after[2 * sizeof(ULONG_PTR)];
} _load_config_used = {.size = sizeof _load_config_used, .cookie = &cookie};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  if (cookie == 0 || cookie == UNSET) __asm__ volatile("int $0x29" : : "c"(6));
  return STATUS_SUCCESS;
}
