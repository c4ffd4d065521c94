// Checks the routines for MDLs that came with Windows XP: reserved mappings, MmProtectMdlSystemAddress, MmAdvanceMdl,
// and the counted locks of pageable sections.
// Loads on: wxp and later. DriverEntry succeeds only if every check holds.
#include "testdriver.h"
#define SOURCE "mdl-service.c"

#define TAG 'smdL'
#define OFFSET 0x40
#define LENGTH (3 * PAGE_SIZE)

static __attribute__((section("PAGEDATA"))) volatile ULONG Pageable = 5;

// Pages that are reserved once, and lead to one buffer after the other.
static NTSTATUS Reserved(PMDL mdl, volatile UCHAR *buffer) {
  PVOID range = MmAllocateMappingAddress(8 * PAGE_SIZE, TAG);
  CHECK(range);
  CHECK(BYTE_OFFSET(range) == 0);
  for (ULONG turn = 0; turn < 3; turn++) {
    volatile UCHAR *mapped = MmMapLockedPagesWithReservedMapping(range, TAG, mdl, MmCached);
    // The caller gets the buffer, the MDL its first page (KD-005).
    CHECK(mapped == (PUCHAR)range + OFFSET);
    CHECK(mdl->MappedSystemVa == range);
    CHECK(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    for (ULONG i = 0; i < LENGTH; i += 511) mapped[i] = Pattern(i + turn);
    for (ULONG i = 0; i < LENGTH; i += 511) CHECK(buffer[i] == Pattern(i + turn));
    MmUnmapReservedMapping((PVOID)mapped, TAG, mdl);
    CHECK(!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
  }
  MmFreeMappingAddress(range, TAG);
  return STATUS_SUCCESS;
}

static NTSTATUS Protected(PMDL mdl, volatile UCHAR *buffer) {
  CHECK(MmProtectMdlSystemAddress(mdl, PAGE_READONLY) == STATUS_NOT_MAPPED_VIEW);
  volatile UCHAR *mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
  CHECK(mapped);
  CHECK(MmProtectMdlSystemAddress(mdl, PAGE_WRITECOPY) == STATUS_INVALID_PAGE_PROTECTION);
  buffer[LENGTH - 1] = 9;
  CHECK(NT_SUCCESS(MmProtectMdlSystemAddress(mdl, PAGE_READONLY)));
  CHECK(mapped[LENGTH - 1] == 9);
  CHECK(NT_SUCCESS(MmProtectMdlSystemAddress(mdl, PAGE_READWRITE)));
  mapped[LENGTH - 1] = 8;
  CHECK(buffer[LENGTH - 1] == 8);
  return STATUS_SUCCESS;
}

// The MDL is mapped when this begins.
static NTSTATUS Advanced(PMDL mdl, volatile UCHAR *buffer) {
  volatile UCHAR *mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
  CHECK(MmAdvanceMdl(mdl, LENGTH + 1) == STATUS_INVALID_PARAMETER_2);
  CHECK(NT_SUCCESS(MmAdvanceMdl(mdl, PAGE_SIZE + 8)));
  CHECK(MmGetMdlByteCount(mdl) == LENGTH - PAGE_SIZE - 8);
  CHECK(MmGetMdlByteOffset(mdl) == OFFSET + 8);
  CHECK(MmGetMdlVirtualAddress(mdl) == buffer + PAGE_SIZE + 8);
  volatile UCHAR *rest = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
  CHECK(rest == mapped + PAGE_SIZE + 8);
  rest[0] = 0x77;
  CHECK(buffer[PAGE_SIZE + 8] == 0x77);
  return STATUS_SUCCESS;
}

static NTSTATUS Counted(VOID) {
  PVOID handle = MmLockPagableDataSection((PVOID)&Pageable);
  CHECK(handle);
  MmLockPagableSectionByHandle(handle);
  Pageable++;
  CHECK(Pageable == 6);
  MmUnlockPagableImageSection(handle);
  MmUnlockPagableImageSection(handle);
  return STATUS_SUCCESS;
}

static NTSTATUS All(PMDL mdl, volatile UCHAR *buffer) {
  MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
  NTSTATUS status = Reserved(mdl, buffer);
  if (NT_SUCCESS(status)) status = Protected(mdl, buffer);
  if (NT_SUCCESS(status)) status = Advanced(mdl, buffer);
  // The pages that were passed are unlocked already; the mapping goes with the rest.
  MmUnlockPages(mdl);
  return NT_SUCCESS(status) ? Counted() : status;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  PUCHAR block = ExAllocatePoolWithTag(NonPagedPool, LENGTH + PAGE_SIZE, TAG);
  if (!block) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
  PMDL mdl = IoAllocateMdl(block + OFFSET, LENGTH, FALSE, FALSE, NULL);
  if (mdl) {
    status = All(mdl, block + OFFSET);
    IoFreeMdl(mdl);
  }
  ExFreePool(block);
  return status;
}
