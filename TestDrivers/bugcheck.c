// Hostile: calls KeBugCheckEx on control code 0x222000 (buffered) of \Device\BugCheck; all else succeeds.
// Loads on: nt310 and later. Expected: bug check 0xE2 with parameters 1, 2, 3, 4.
#define DEVICE L"BugCheck"
#include "testdriver.h"

static DECLSPEC_NOINLINE VOID Misbehave(VOID) { KeBugCheckEx(0xE2, 1, 2, 3, 4); }

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
