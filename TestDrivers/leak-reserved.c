// Leaves what only its own calls can give back: reserved addresses, and two locks on a pageable section.
// Loads on: wxp and later. Each release must report both when the driver is unloaded.
#include "testdriver.h"

static __attribute__((section("PAGEDATA"))) volatile ULONG Pageable;

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  PVOID range = MmAllocateMappingAddress(3 * PAGE_SIZE, 'kaeL');
  if (!range) return STATUS_INSUFFICIENT_RESOURCES;
  MmLockPagableSectionByHandle(MmLockPagableDataSection((PVOID)&Pageable));
  return STATUS_SUCCESS;
}
