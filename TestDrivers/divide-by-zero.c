// Hostile: divides by zero on control code 0x222000 (buffered) of \Device\DivideByZero; all else succeeds.
// Loads on: nt310 and later. Expected: a bug check for an integer division by zero (0xC0000094).
#define DEVICE L"DivideByZero"
#include "testdriver.h"

static volatile ULONG zero, quotient;

static DECLSPEC_NOINLINE VOID Misbehave(VOID) { quotient = 199311 / zero; }

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
