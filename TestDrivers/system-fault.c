// Hostile: writes to a system address that nothing maps on control code 0x222000 (buffered) of \Device\SystemFault; all else succeeds.
// Loads on: nt310 and later. Expected: a bug check for address 0xFFFFF000, the last page, signed (write): 0x50 since nt351, 0x1E before.
#define DEVICE L"SystemFault"
#include "testdriver.h"

static DECLSPEC_NOINLINE VOID Misbehave(VOID) {
  volatile ULONG *last = (volatile ULONG *)(LONG_PTR)-0x1000;
  *last = 1;
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
