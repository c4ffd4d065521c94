// KB 199311: maps the buffer of a direct I/O request by one of the article's idioms, then uses exactly its bytes.
// Built once for each IDIOM, MODE (KernelMode, UserMode) and CAST (ULONG, ULONG_PTR; direct has no cast).
// Loads on: nt310 and later.
//
// \Device\KB199311. Read fills the buffer with byte i = i * 7 + 3. Write sums the buffer, keeps the sum and prints it.
// Control codes: 0x222005 (in, direct) sums; 0x22200A (out, direct) fills; 0x222000 (buffered) returns the last sum.
//
// With a buffer that starts inside a page (byte offset not 0):
//   idiom      up to NT 4.0 SP3           NT 4.0 SP4 and later       x64, CAST = ULONG
//   LEGACY     right                      offset added twice         also truncated
//   DIRECT     starts before the buffer   right                      (no cast)
//   PORTABLE1  right                      right                      truncated
//   PORTABLE2  right                      right                      truncated
// With a buffer that starts a page every idiom is right, but for the truncation.
#define DEVICE L"KB199311"
#include "testdriver.h"

#define LEGACY 1
#define DIRECT 2
#define PORTABLE1 3
#define PORTABLE2 4

static ULONG lastSum;

// Returns where the idiom says that the buffer starts; `mapping` is what has to be unmapped.
static DECLSPEC_NOINLINE volatile UCHAR *MapBuffer(PMDL mdl, PVOID *mapping) {
#if IDIOM == LEGACY
  *mapping = MmMapLockedPages(mdl, MODE);
  return (volatile UCHAR *)((CAST)*mapping + MmGetMdlByteOffset(mdl));
#elif IDIOM == DIRECT
  *mapping = MmMapLockedPages(mdl, MODE);
  return (volatile UCHAR *)*mapping;
#elif IDIOM == PORTABLE1
  *mapping = MmMapLockedPages(mdl, MODE);
  return (volatile UCHAR *)((CAST)*mapping | MmGetMdlByteOffset(mdl));
#elif IDIOM == PORTABLE2
  *mapping = MmMapLockedPages(mdl, MODE);
  return (volatile UCHAR *)((CAST)PAGE_ALIGN(*mapping) + MmGetMdlByteOffset(mdl));
#endif
}

static DECLSPEC_NOINLINE VOID Fill(volatile UCHAR *buffer, ULONG length) {
  for (ULONG i = 0; i < length; i++) buffer[i] = Pattern(i);
}

static DECLSPEC_NOINLINE ULONG Sum(const volatile UCHAR *buffer, ULONG length) {
  ULONG sum = 0;
  for (ULONG i = 0; i < length; i++) sum += buffer[i];
  return sum;
}

static NTSTATUS FillRequest(PIRP irp) {
  PMDL mdl = irp->MdlAddress;
  if (!mdl) return Complete(irp, STATUS_SUCCESS, 0);
  ULONG length = MmGetMdlByteCount(mdl);
  PVOID mapping;
  volatile UCHAR *buffer = MapBuffer(mdl, &mapping);
  if (!mapping) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  Fill(buffer, length);
  MmUnmapLockedPages(mapping, mdl);
  return Complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS SumRequest(PIRP irp) {
  PMDL mdl = irp->MdlAddress;
  if (!mdl) return Complete(irp, STATUS_SUCCESS, 0);
  ULONG length = MmGetMdlByteCount(mdl);
  PVOID mapping;
  volatile UCHAR *buffer = MapBuffer(mdl, &mapping);
  if (!mapping) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  lastSum = Sum(buffer, length);
  MmUnmapLockedPages(mapping, mdl);
  DbgPrint("KB199311: sum of %lu bytes: %lu\n", length, lastSum);
  return Complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS LastSumRequest(PIRP irp, ULONG room) {
  if (room < sizeof lastSum) return Complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
  *(volatile ULONG *)irp->AssociatedIrp.SystemBuffer = lastSum;
  return Complete(irp, STATUS_SUCCESS, sizeof lastSum);
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  switch (stack->MajorFunction) {
    case IRP_MJ_READ: return FillRequest(irp);
    case IRP_MJ_WRITE: return SumRequest(irp);
    case IRP_MJ_DEVICE_CONTROL:
      switch (stack->Parameters.DeviceIoControl.IoControlCode) {
        case CODE(0, METHOD_BUFFERED):
          return LastSumRequest(irp, stack->Parameters.DeviceIoControl.OutputBufferLength);
        case CODE(1, METHOD_IN_DIRECT): return SumRequest(irp);
        case CODE(2, METHOD_OUT_DIRECT): return FillRequest(irp);
      }
      return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
  return Complete(irp, STATUS_SUCCESS, 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, DO_DIRECT_IO);
}
