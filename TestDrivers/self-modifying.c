// Writes code into nonpaged pool, calls it, changes it through a second mapping of the same page, and calls it again.
// Loads on: nt310 and later.
//
// No device. DriverEntry returns STATUS_SUCCESS only if the second call runs the new code; so it must, on every release
// (NonPagedPool is executable on all of them).
#define SOURCE "self-modifying.c"
#include "testdriver.h"

typedef ULONG NTAPI FUNCTION(VOID);

// mov eax, value; ret
static VOID WriteCode(volatile UCHAR *code, ULONG value) {
  code[0] = 0xB8;
  for (ULONG i = 0; i < 4; i++) code[1 + i] = (UCHAR)(value >> (8 * i));
  code[5] = 0xC3;
}

static NTSTATUS Alias(volatile UCHAR *page, PMDL mdl) {
  FUNCTION *function = (FUNCTION *)page;
  WriteCode(page, 0x199311);
  CHECK(function() == 0x199311);
  // The buffer starts its page, so every release returns the same.
  volatile UCHAR *alias = MmMapLockedPages(mdl, KernelMode);
  CHECK(alias && alias != page);
  for (ULONG i = 0; i < 3; i++) {
    WriteCode(alias, 0x2000 + i);
    CHECK(function() == 0x2000 + i);
  }
  WriteCode(page, 0x3000);
  CHECK(function() == 0x3000);
  MmUnmapLockedPages((PVOID)alias, mdl);
  return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  PVOID page = ExAllocatePool(NonPagedPool, PAGE_SIZE);
  CHECK(page);
  PMDL mdl = IoAllocateMdl(page, PAGE_SIZE, FALSE, FALSE, NULL);
  CHECK(mdl);
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  NTSTATUS status = Alias(page, mdl);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePool(page);
  return status;
}
