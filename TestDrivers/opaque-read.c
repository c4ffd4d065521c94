// Reads a field of the current process that no document names, on control code 0x222000 (buffered) of \Device\OpaqueRead.
// Loads on: nt310 and later. Expected: inconclusive, because of the field of EPROCESS at +0x174; all else succeeds.
#define DEVICE L"OpaqueRead"
#include "testdriver.h"

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
    if (stack->Parameters.DeviceIoControl.IoControlCode != CODE(0, METHOD_BUFFERED))
      return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    PCSTR name = (PCSTR)IoGetCurrentProcess() + 0x174;
    DbgPrint("the process is named %c\n", *name);
  }
  return Complete(irp, STATUS_SUCCESS, 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, DO_BUFFERED_IO);
}
