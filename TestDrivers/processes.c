// Works on the memory of processes: keeps a request of one until another asks for it, locks and maps pages.
// Loads on: nt310 and later.
//
// \Device\Processes, all METHOD_NEITHER. 0x222003 keeps the request. 0x222007 attaches to the process that made it, fills its
// output with byte i = i * 7 + 3, and completes it; 0x22200B does so without attaching, which is wrong in any other
// process. 0x22200F locks the output's pages and never unlocks them. 0x222013 maps a page of pool into the process;
// 0x222017 unmaps it, which is wrong in another process. 0x22201B returns while it is attached.
#define DEVICE L"Processes"
#include "testdriver.h"

NTKERNELAPI VOID NTAPI KeAttachProcess(PVOID Process);
NTKERNELAPI VOID NTAPI KeDetachProcess(VOID);

static PIRP kept;
static PVOID keeper;
static PMDL lockedPages, sharedPage;
static PVOID shared, mapping;

static VOID NTAPI Cancel(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  kept = NULL;
  IoReleaseCancelSpinLock(irp->CancelIrql);
  Complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS Keep(PIRP irp) {
  if (kept) return Complete(irp, STATUS_DEVICE_BUSY, 0);
  KIRQL irql;
  IoAcquireCancelSpinLock(&irql);
  irp->CancelRoutine = Cancel;
  IoMarkIrpPending(irp);
  kept = irp;
  keeper = PsGetCurrentProcess();
  IoReleaseCancelSpinLock(irql);
  return STATUS_PENDING;
}

static NTSTATUS FillKept(PIRP irp, BOOLEAN attaches) {
  PIRP other = kept;
  if (!other) return Complete(irp, STATUS_NOT_FOUND, 0);
  KIRQL irql;
  IoAcquireCancelSpinLock(&irql);
  other->CancelRoutine = NULL;
  kept = NULL;
  IoReleaseCancelSpinLock(irql);
  ULONG length = IoGetCurrentIrpStackLocation(other)->Parameters.DeviceIoControl.OutputBufferLength;
  volatile UCHAR *buffer = other->UserBuffer;
  if (attaches) KeAttachProcess(keeper);
  for (ULONG i = 0; i < length; i++) buffer[i] = Pattern(i);
  if (attaches) KeDetachProcess();
  Complete(other, STATUS_SUCCESS, length);
  return Complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Lock(PIRP irp) {
  ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
  lockedPages = IoAllocateMdl(irp->UserBuffer, length, FALSE, FALSE, NULL);
  if (!lockedPages) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  MmProbeAndLockPages(lockedPages, UserMode, IoWriteAccess);
  return Complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Map(PIRP irp) {
  if (!shared) {
    shared = ExAllocatePool(NonPagedPool, PAGE_SIZE);
    if (!shared) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    sharedPage = IoAllocateMdl(shared, PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(sharedPage);
  }
  mapping = MmMapLockedPages(sharedPage, UserMode);
  *(volatile ULONG *)mapping = 0x12345678;
  return Complete(irp, *(volatile ULONG *)shared == 0x12345678 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, 0);
}

static NTSTATUS Unmap(PIRP irp) {
  if (!mapping) return Complete(irp, STATUS_NOT_FOUND, 0);
  MmUnmapLockedPages(mapping, sharedPage);
  mapping = NULL;
  return Complete(irp, STATUS_SUCCESS, 0);
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (stack->MajorFunction != IRP_MJ_DEVICE_CONTROL) return Complete(irp, STATUS_SUCCESS, 0);
  switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case CODE(0, METHOD_NEITHER): return Keep(irp);
    case CODE(1, METHOD_NEITHER): return FillKept(irp, TRUE);
    case CODE(2, METHOD_NEITHER): return FillKept(irp, FALSE);
    case CODE(3, METHOD_NEITHER): return Lock(irp);
    case CODE(4, METHOD_NEITHER): return Map(irp);
    case CODE(5, METHOD_NEITHER): return Unmap(irp);
    case CODE(6, METHOD_NEITHER): KeAttachProcess(keeper); return Complete(irp, STATUS_SUCCESS, 0);
    default: return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  if (shared) {
    IoFreeMdl(sharedPage);
    ExFreePool(shared);
  }
  DeleteDevice(driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, 0);
}
