// Pools, MDLs of pool and of user memory, partial MDLs, physical addresses: everything written through one address is
// read back through another.
// Loads on: nt350 and later (ExAllocatePoolWithTag).
//
// \Device\PoolMdl. DriverEntry checks the kernel's side and returns STATUS_SUCCESS only if all of it holds.
// Control code 0x222003 (neither): locks the caller's output buffer, fills it with byte i = i * 7 + 3 through a mapping, its
// second half again (each byte inverted) through a mapping of a partial MDL, and compares through the caller's own address.
// The result is STATUS_SUCCESS only if all bytes are as they should be. An empty buffer: STATUS_INVALID_PARAMETER.
// Right on every release that loads it.
#define DEVICE L"PoolMdl"
#define SOURCE "pool-mdl.c"
#include "testdriver.h"

#define TAG 'PkcL'

static volatile UCHAR *MapBuffer(PMDL mdl, PVOID *mapping) {
  *mapping = MmMapLockedPages(mdl, KernelMode);
  return (volatile UCHAR *)((ULONG_PTR)*mapping | MmGetMdlByteOffset(mdl));
}

static NTSTATUS Pools(VOID) {
  static const POOL_TYPE types[] = {NonPagedPool, PagedPool};
  for (ULONG i = 0; i < 2; i++) {
    volatile UCHAR *small = ExAllocatePoolWithTag(types[i], 24, TAG);
    volatile UCHAR *page = ExAllocatePoolWithTag(types[i], PAGE_SIZE, TAG);
    volatile UCHAR *untagged = ExAllocatePool(types[i], 3 * PAGE_SIZE);
    CHECK(small && page && untagged);
    CHECK(((ULONG_PTR)small & 7) == 0);
    CHECK(((ULONG_PTR)page & (PAGE_SIZE - 1)) == 0);
    CHECK(MmIsAddressValid((PVOID)small) || types[i] == PagedPool);
    small[23] = 1;
    page[PAGE_SIZE - 1] = 2;
    untagged[3 * PAGE_SIZE - 1] = 3;
    CHECK(small[23] + page[PAGE_SIZE - 1] + untagged[3 * PAGE_SIZE - 1] == 6);
    ExFreePool((PVOID)small);
    ExFreePool((PVOID)page);
    ExFreePool((PVOID)untagged);
  }
  CHECK(!MmIsAddressValid(NULL));
  return STATUS_SUCCESS;
}

static NTSTATUS PoolMdl(volatile UCHAR *pool) {
  volatile UCHAR *buffer = pool + 0x123;
  PMDL mdl = IoAllocateMdl((PVOID)buffer, 0x1800, FALSE, FALSE, NULL);
  PMDL part = IoAllocateMdl((PVOID)buffer, 0x1800, FALSE, FALSE, NULL);
  CHECK(mdl && part);
  MmBuildMdlForNonPagedPool(mdl);
  CHECK(MmGetMdlVirtualAddress(mdl) == buffer);
  CHECK(MmGetMdlByteCount(mdl) == 0x1800);
  CHECK(MmGetMdlByteOffset(mdl) == 0x123);
  CHECK(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL);
  CHECK(MmGetSystemAddressForMdl(mdl) == buffer);
  for (ULONG i = 0; i < 2; i++) {
    PHYSICAL_ADDRESS physical = MmGetPhysicalAddress((PVOID)(pool + i * PAGE_SIZE));
    CHECK((physical.QuadPart >> PAGE_SHIFT) == (LONGLONG)MmGetMdlPfnArray(mdl)[i]);
    CHECK((physical.LowPart & (PAGE_SIZE - 1)) == 0);
  }
  CHECK((MmGetPhysicalAddress((PVOID)buffer).LowPart & (PAGE_SIZE - 1)) == 0x123);

  IoBuildPartialMdl(mdl, part, (PVOID)(buffer + PAGE_SIZE), 0x234);
  CHECK(MmGetMdlByteCount(part) == 0x234);
  CHECK(MmGetMdlByteOffset(part) == 0x123);
  CHECK(MmGetMdlPfnArray(part)[0] == MmGetMdlPfnArray(mdl)[1]);
  IoFreeMdl(part);
  IoFreeMdl(mdl);
  return STATUS_SUCCESS;
}

static NTSTATUS Physical(VOID) {
  PHYSICAL_ADDRESS highest = {.LowPart = 0xFFFFFFFF, .HighPart = 0};
  volatile UCHAR *memory = MmAllocateContiguousMemory(2 * PAGE_SIZE, highest);
  CHECK(memory);
  PHYSICAL_ADDRESS first = MmGetPhysicalAddress((PVOID)memory);
  PHYSICAL_ADDRESS second = MmGetPhysicalAddress((PVOID)(memory + PAGE_SIZE));
  CHECK(second.QuadPart == first.QuadPart + PAGE_SIZE);
  first.QuadPart += 0xFF0;
  volatile UCHAR *alias = MmMapIoSpace(first, 0x20, MmCached);
  CHECK(alias);
  CHECK(((ULONG_PTR)alias & (PAGE_SIZE - 1)) == 0xFF0);
  for (ULONG i = 0; i < 0x20; i++) alias[i] = Pattern(i);
  for (ULONG i = 0; i < 0x20; i++) CHECK(memory[0xFF0 + i] == Pattern(i));
  MmUnmapIoSpace((PVOID)alias, 0x20);
  MmFreeContiguousMemory((PVOID)memory);
  return STATUS_SUCCESS;
}

// The caller's buffer through a mapping of `mdl`, and its second half through a mapping of a part of it.
static NTSTATUS ThroughAlias(PMDL mdl, volatile UCHAR *user, ULONG length) {
  PVOID mapping;
  volatile UCHAR *alias = MapBuffer(mdl, &mapping);
  CHECK(mapping);
  CHECK(alias != user);
  for (ULONG i = 0; i < length; i++) alias[i] = Pattern(i);
  for (ULONG i = 0; i < length; i++) CHECK(user[i] == Pattern(i));
  MmUnmapLockedPages(mapping, mdl);

  ULONG half = length / 2;
  if (half == 0) return STATUS_SUCCESS;
  PMDL part = IoAllocateMdl((PVOID)(user + half), length - half, FALSE, FALSE, NULL);
  CHECK(part);
  IoBuildPartialMdl(mdl, part, (PVOID)(user + half), length - half);
  alias = MapBuffer(part, &mapping);
  CHECK(mapping);
  for (ULONG i = half; i < length; i++) alias[i - half] = (UCHAR)~Pattern(i);
  MmUnmapLockedPages(mapping, part);
  IoFreeMdl(part);
  for (ULONG i = 0; i < half; i++) CHECK(user[i] == Pattern(i));
  for (ULONG i = half; i < length; i++) CHECK(user[i] == (UCHAR)~Pattern(i));
  return STATUS_SUCCESS;
}

static NTSTATUS UserBuffer(PIRP irp, ULONG length) {
  if (length == 0) return Complete(irp, STATUS_INVALID_PARAMETER, 0);
  PMDL mdl = IoAllocateMdl(irp->UserBuffer, length, FALSE, FALSE, NULL);
  if (!mdl) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  MmProbeAndLockPages(mdl, irp->RequestorMode, IoWriteAccess);
  NTSTATUS status = ThroughAlias(mdl, irp->UserBuffer, length);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  return Complete(irp, status, NT_SUCCESS(status) ? length : 0);
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (stack->MajorFunction != IRP_MJ_DEVICE_CONTROL) return Complete(irp, STATUS_SUCCESS, 0);
  if (stack->Parameters.DeviceIoControl.IoControlCode != CODE(0, METHOD_NEITHER))
    return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  return UserBuffer(irp, stack->Parameters.DeviceIoControl.OutputBufferLength);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  NTSTATUS status = Pools();
  if (!NT_SUCCESS(status)) return status;
  PVOID pool = ExAllocatePoolWithTag(NonPagedPool, 3 * PAGE_SIZE, TAG);
  CHECK(pool);
  status = PoolMdl(pool);
  ExFreePool(pool);
  if (NT_SUCCESS(status)) status = Physical();
  if (NT_SUCCESS(status)) status = CreateDevice(driver, 0);
  return status;
}
