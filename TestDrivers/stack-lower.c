// The lower driver of two: a device that reads count to, and functions that the upper one (stack-upper.c) imports.
// Loads on: nt310 and later.
//
// Device StackLower. A read returns its byte count; the first byte of the buffer is the number of the read. Control code 0x222004
// is pending until the next one completes both. StackLowerReads says how many reads there were. The driver's DllInitialize is
// called only where it is loaded as an import, so it exports none: it is a driver of its own.
#define SOURCE "stack-lower.c"
#define DEVICE L"StackLower"
#include "testdriver.h"

static ULONG reads;
static PIRP held;

ULONG NTAPI StackLowerReads(VOID) { return reads; }

static VOID Finish(PIRP irp) { Complete(irp, STATUS_SUCCESS, 4); }

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  switch (location->MajorFunction) {
    case IRP_MJ_READ:
      reads++;
      if (location->Parameters.Read.Length == 0) return Complete(irp, STATUS_SUCCESS, 0);
      *(PUCHAR)irp->AssociatedIrp.SystemBuffer = (UCHAR)reads;
      return Complete(irp, STATUS_SUCCESS, location->Parameters.Read.Length);
    case IRP_MJ_DEVICE_CONTROL:
      if (location->Parameters.DeviceIoControl.IoControlCode != CODE(1, METHOD_BUFFERED))
        return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
      if (held) {
        PIRP first = held;
        held = NULL;
        Finish(first);
        return Complete(irp, STATUS_SUCCESS, 0);
      }
      held = irp;
      IoMarkIrpPending(irp);
      return STATUS_PENDING;
    default:
      return Complete(irp, STATUS_SUCCESS, 0);
  }
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, DO_BUFFERED_IO);
}
