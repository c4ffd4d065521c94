// Imports one name that wmilib.sys is known to export, and one of which nobody knows whether it does. Control code 0x222000
// (buffered) of \Device\ImportsModule calls the latter.
// Loads on: w2k and later, which have the file. Expected: inconclusive when the name is called, else right.
#define DEVICE L"ImportsModule"
#include "testdriver.h"

DECLSPEC_IMPORT NTSTATUS NTAPI WmiFireEvent(PDEVICE_OBJECT device, PVOID guid, ULONG index, ULONG size, PVOID data);
DECLSPEC_IMPORT NTSTATUS NTAPI LsWmiNobodyKnows(ULONG argument);

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
    if (stack->Parameters.DeviceIoControl.IoControlCode != CODE(0, METHOD_BUFFERED))
      return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    LsWmiNobodyKnows(1);
  }
  return Complete(irp, STATUS_SUCCESS, 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  static PVOID volatile address;
  address = (PVOID)WmiFireEvent;
  if (!address) return STATUS_UNSUCCESSFUL;
  return CreateDevice(driver, DO_BUFFERED_IO);
}
