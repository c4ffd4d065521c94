// The upper driver of two: attaches a device of its own above that of stack-lower.c, hands every request down, and looks at it again in
// its completion routine.
// Loads on: nt310 and later, together with stack-lower; else the load fails (no such module).
//
// Device StackUpper, which has no link. DriverEntry returns STATUS_SUCCESS if the device below is found by its name and attaching to
// it gives a stack of two; a read through the stack must then come back with the lower driver's byte count and the byte after its first
// one set to 0x5A. Unload detaches.
#define SOURCE "stack-upper.c"
#include "testdriver.h"

#undef IoCallDriver
NTKERNELAPI NTSTATUS NTAPI IoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);
DECLSPEC_IMPORT ULONG NTAPI StackLowerReads(VOID);

typedef struct {
  PDEVICE_OBJECT below;
  PFILE_OBJECT file;
  ULONG completions;
} EXTENSION;

static NTSTATUS NTAPI Completed(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  EXTENSION *extension = context;
  UNREFERENCED_PARAMETER(device);
  extension->completions++;
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  if (location->MajorFunction == IRP_MJ_READ && NT_SUCCESS(irp->IoStatus.Status) && irp->IoStatus.Information > 1)
    ((PUCHAR)irp->AssociatedIrp.SystemBuffer)[1] = 0x5A;
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  EXTENSION *extension = device->DeviceExtension;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
  ULONG before = StackLowerReads();
  *next = *location;
  IoSetCompletionRoutine(irp, Completed, extension, TRUE, TRUE, TRUE);
  UCHAR function = location->MajorFunction;
  NTSTATUS status = IoCallDriver(extension->below, irp);
  if (function == IRP_MJ_READ && StackLowerReads() != before + 1) DbgPrint("%s: the read did not arrive\n", SOURCE);
  return status;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  EXTENSION *extension = driver->DeviceObject->DeviceExtension;
  DbgPrint("%s: %s\n", SOURCE, extension->completions ? "requests were completed" : "nothing was completed");
  IoDetachDevice(extension->below);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  UNICODE_STRING below, name;
  PDEVICE_OBJECT device, found;
  PFILE_OBJECT file;
  RtlInitUnicodeString(&below, L"\\Device\\StackLower");
  RtlInitUnicodeString(&name, L"\\Device\\StackUpper");
  NTSTATUS status = IoGetDeviceObjectPointer(&below, FILE_READ_DATA, &file, &found);
  if (!NT_SUCCESS(status)) return status;
  CHECK(found->StackSize == 1);
  CHECK(StackLowerReads() == 0);
  status = IoCreateDevice(driver, sizeof(EXTENSION), &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  EXTENSION *extension = device->DeviceExtension;
  extension->completions = 0;
  // The attachment keeps the device, and the file object is not needed any more.
  status = IoAttachDeviceByPointer(device, found);
  ObDereferenceObject(file);
  CHECK(NT_SUCCESS(status));
  extension->below = found;
  CHECK(device->StackSize == 2 && found->AttachedDevice == device);
  for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) driver->MajorFunction[i] = Dispatch;
  driver->DriverUnload = Unload;
  device->Flags |= found->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}
