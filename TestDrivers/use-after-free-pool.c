// Hostile: writes to pool that it has freed on control code 0x222000 (buffered) of \Device\UseAfterFreePool; all else succeeds.
// Loads on: nt310 and later. Expected: a finding or a bug check; never silence.
#define DEVICE L"UseAfterFreePool"
#include "testdriver.h"

static DECLSPEC_NOINLINE VOID Misbehave(VOID) {
  volatile ULONG *block = ExAllocatePool(NonPagedPool, 64);
  if (!block) return;
  block[2] = 1;
  ExFreePool((PVOID)block);
  block[2] = 2;
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
    if (stack->Parameters.DeviceIoControl.IoControlCode != CODE(0, METHOD_BUFFERED))
      return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    Misbehave();
  }
  return Complete(irp, STATUS_SUCCESS, 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, DO_BUFFERED_IO);
}
