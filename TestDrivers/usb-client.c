// A driver for a USB device: reads its descriptors, configures it, and uses its pipes when it is started.
// Loads on: Windows 2000 and later; on x64 on every release. The scenario must put its device on the USB.
//
// START_DEVICE succeeds only if the device is the modelled one and does what is expected of it. A read of the bulk pipe
// stays pending until the pipe is aborted, and one more until the device is removed.
// A device that was pulled out is not in its port, and answers no request.
#define WITH_FASTCALL
#include "testdriver.h"
#include <usb.h>
#define SOURCE "usb-client.c"

#define SUBMIT_URB CTL_CODE(0x22, 0, METHOD_NEITHER, FILE_ANY_ACCESS)
#define GET_PORT_STATUS CTL_CODE(0x22, 4, METHOD_NEITHER, FILE_ANY_ACCESS)

typedef struct {
  PDEVICE_OBJECT lower;
  PIRP reads[2];
  URB urbs[2];
  UCHAR buffer[64];
  ULONG finished[2];
} DEVICE;

void *__cdecl memcpy(void *__restrict__ to, const void *__restrict__ from, size_t size) {
  for (size_t i = 0; i < size; i++) ((volatile UCHAR *)to)[i] = ((const UCHAR *)from)[i];
  return to;
}

static VOID Clear(volatile UCHAR *bytes, ULONG size) {
  for (ULONG i = 0; i < size; i++) bytes[i] = 0;
}

static NTSTATUS NTAPI Signal(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(irp);
  KeSetEvent(context, IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

// Sends an internal control that waits for its end.
static NTSTATUS Control(DEVICE *self, ULONG code, PVOID argument) {
  KEVENT event;
  PIRP irp = IoAllocateIrp(self->lower->StackSize, FALSE);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
  next->Parameters.DeviceIoControl.IoControlCode = code;
  next->Parameters.Others.Argument1 = argument;
  IoSetCompletionRoutine(irp, Signal, &event, TRUE, TRUE, TRUE);
  IoCallDriver(self->lower, irp);
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  NTSTATUS status = irp->IoStatus.Status;
  IoFreeIrp(irp);
  return status;
}

static NTSTATUS Descriptor(DEVICE *self, UCHAR type, PVOID buffer, ULONG size, ULONG *got) {
  URB urb;
  Clear((PUCHAR)&urb, sizeof urb);
  urb.UrbHeader.Length = sizeof urb.UrbControlDescriptorRequest;
  urb.UrbHeader.Function = URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE;
  urb.UrbControlDescriptorRequest.TransferBuffer = buffer;
  urb.UrbControlDescriptorRequest.TransferBufferLength = size;
  urb.UrbControlDescriptorRequest.DescriptorType = type;
  NTSTATUS status = Control(self, SUBMIT_URB, &urb);
  *got = urb.UrbControlDescriptorRequest.TransferBufferLength;
  if (NT_SUCCESS(status) != (urb.UrbHeader.Status == 0)) return STATUS_UNSUCCESSFUL;
  return status;
}

static NTSTATUS NTAPI ReadDone(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  DEVICE *self = context;
  for (ULONG i = 0; i < 2; i++) {
    if (self->reads[i] == irp) {
      // Long numbers look like addresses, which a trace leaves out.
      ULONG status = self->urbs[i].UrbHeader.Status;
      DbgPrint("read %d ends with 0x%x, 0x%x\n", i, irp->IoStatus.Status & 0xFFFF, status >> 12);
      self->finished[i] = 1;
      self->reads[i] = NULL;
    }
  }
  IoFreeIrp(irp);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Read(DEVICE *self, ULONG number, USBD_PIPE_HANDLE pipe) {
  URB *urb = &self->urbs[number];
  Clear((PUCHAR)urb, sizeof *urb);
  urb->UrbHeader.Length = sizeof urb->UrbBulkOrInterruptTransfer;
  urb->UrbHeader.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER;
  urb->UrbBulkOrInterruptTransfer.PipeHandle = pipe;
  urb->UrbBulkOrInterruptTransfer.TransferBuffer = self->buffer;
  urb->UrbBulkOrInterruptTransfer.TransferBufferLength = sizeof self->buffer;
  urb->UrbBulkOrInterruptTransfer.TransferFlags = 3;
  PIRP irp = IoAllocateIrp(self->lower->StackSize, FALSE);
  if (!irp) return STATUS_INSUFFICIENT_RESOURCES;
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
  next->Parameters.DeviceIoControl.IoControlCode = SUBMIT_URB;
  next->Parameters.Others.Argument1 = urb;
  self->reads[number] = irp;
  self->finished[number] = 0;
  IoSetCompletionRoutine(irp, ReadDone, self, TRUE, TRUE, TRUE);
  return IoCallDriver(self->lower, irp);
}

typedef struct {
  struct _URB_SELECT_CONFIGURATION select;
  USBD_PIPE_INFORMATION more[2];
} SELECT;

static NTSTATUS Configure(DEVICE *self) {
  UCHAR bytes[64];
  ULONG got, status = 0;
  CHECK(NT_SUCCESS(Control(self, GET_PORT_STATUS, &status)) && status == 3);
  CHECK(NT_SUCCESS(Descriptor(self, USB_DEVICE_DESCRIPTOR_TYPE, bytes, sizeof bytes, &got)));
  CHECK(got == 18 && bytes[0] == 18 && bytes[1] == 1);
  CHECK(NT_SUCCESS(Descriptor(self, USB_CONFIGURATION_DESCRIPTOR_TYPE, bytes, 9, &got)));
  CHECK(got == 9 && bytes[2] == 39);
  CHECK(!NT_SUCCESS(Descriptor(self, USB_STRING_DESCRIPTOR_TYPE, bytes, sizeof bytes, &got)));
  CHECK(NT_SUCCESS(Descriptor(self, USB_CONFIGURATION_DESCRIPTOR_TYPE, bytes, sizeof bytes, &got)) && got == 39);

  SELECT request;
  Clear((PUCHAR)&request, sizeof request);
  request.select.Hdr.Length = sizeof request;
  request.select.Hdr.Function = URB_FUNCTION_SELECT_CONFIGURATION;
  request.select.ConfigurationDescriptor = (PUSB_CONFIGURATION_DESCRIPTOR)bytes;
  request.select.Interface.Length = sizeof request.select.Interface + sizeof request.more;
  CHECK(NT_SUCCESS(Control(self, SUBMIT_URB, &request)) && request.select.Hdr.Status == 0);
  USBD_INTERFACE_INFORMATION *chosen = &request.select.Interface;
  CHECK(chosen->NumberOfPipes == 3 && chosen->Class == 0xFF && request.select.ConfigurationHandle);
  CHECK(chosen->Pipes[0].EndpointAddress == 0x82 && chosen->Pipes[0].PipeType == UsbdPipeTypeBulk);
  CHECK(chosen->Pipes[2].EndpointAddress == 0x81 && chosen->Pipes[2].PipeType == UsbdPipeTypeInterrupt);
  CHECK(chosen->Pipes[0].MaximumPacketSize == 32);

  // The read of the first pipe waits; an abort of that pipe ends it.
  CHECK(Read(self, 0, chosen->Pipes[0].PipeHandle) == STATUS_PENDING && !self->finished[0]);
  URB urb;
  Clear((PUCHAR)&urb, sizeof urb);
  urb.UrbHeader.Length = sizeof urb.UrbPipeRequest;
  urb.UrbHeader.Function = URB_FUNCTION_ABORT_PIPE;
  urb.UrbPipeRequest.PipeHandle = chosen->Pipes[2].PipeHandle;
  CHECK(NT_SUCCESS(Control(self, SUBMIT_URB, &urb)) && !self->finished[0]);
  urb.UrbPipeRequest.PipeHandle = chosen->Pipes[0].PipeHandle;
  CHECK(NT_SUCCESS(Control(self, SUBMIT_URB, &urb)) && self->finished[0]);
  urb.UrbPipeRequest.PipeHandle = (PVOID)1;
  CHECK(!NT_SUCCESS(Control(self, SUBMIT_URB, &urb)));
  // A read that is cancelled ends at once.
  CHECK(Read(self, 0, chosen->Pipes[0].PipeHandle) == STATUS_PENDING);
  CHECK(IoCancelIrp(self->reads[0]) && self->finished[0]);
  // The last one stays.
  CHECK(Read(self, 1, chosen->Pipes[2].PipeHandle) == STATUS_PENDING && !self->finished[1]);
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI PlugAndPlay(PDEVICE_OBJECT device, PIRP irp) {
  DEVICE *self = device->DeviceExtension;
  UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
  if (minor == IRP_MN_START_DEVICE) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, Signal, &event, TRUE, TRUE, TRUE);
    IoCallDriver(self->lower, irp);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    NTSTATUS status = irp->IoStatus.Status;
    if (NT_SUCCESS(status)) status = Configure(self);
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
  }
  if (minor == IRP_MN_SURPRISE_REMOVAL) {
    UCHAR bytes[18];
    ULONG got, port = 1;
    NTSTATUS status = Control(self, GET_PORT_STATUS, &port);
    if (NT_SUCCESS(status)) status = Descriptor(self, USB_DEVICE_DESCRIPTOR_TYPE, bytes, sizeof bytes, &got);
    DbgPrint("port %d, descriptor ends with 0x%x\n", port, status & 0xFFFF);
  }
  if (minor == IRP_MN_REMOVE_DEVICE || minor == IRP_MN_SURPRISE_REMOVAL) irp->IoStatus.Status = STATUS_SUCCESS;
  PDEVICE_OBJECT lower = self->lower;
  IoSkipCurrentIrpStackLocation(irp);
  NTSTATUS status = IoCallDriver(lower, irp);
  if (minor == IRP_MN_REMOVE_DEVICE) {
    IoDetachDevice(lower);
    IoDeleteDevice(device);
  }
  return status;
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, sizeof(DEVICE), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  ((DEVICE *)device->DeviceExtension)->lower = IoAttachDeviceToDeviceStack(device, physical);
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->MajorFunction[IRP_MJ_PNP] = PlugAndPlay;
  driver->DriverExtension->AddDevice = AddDevice;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
