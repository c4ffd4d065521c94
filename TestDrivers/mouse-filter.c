// A filter above the drivers of a mouse, to which the class driver for mice connects before the mouse is started.
// Loads on: Windows 2000 and later (Plug and Play); on x64 on every release.
//
// START_DEVICE succeeds only if the class driver has connected; the port below takes what the filter passes on.
#define WITH_FASTCALL
#include "testdriver.h"

#define MOUSE_CONNECT CTL_CODE(FILE_DEVICE_MOUSE, 0x80, METHOD_NEITHER, FILE_ANY_ACCESS)

typedef struct {
  PDEVICE_OBJECT classDevice;
  PVOID service;
} CONNECTION;

typedef struct {
  PDEVICE_OBJECT lower;
  CONNECTION upper;
} DEVICE;

static NTSTATUS Forward(PDEVICE_OBJECT device, PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(((DEVICE *)device->DeviceExtension)->lower, irp);
}

static NTSTATUS Fail(PIRP irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  DEVICE *self = device->DeviceExtension;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  if (location->Parameters.DeviceIoControl.IoControlCode == MOUSE_CONNECT) {
    CONNECTION *connection = location->Parameters.DeviceIoControl.Type3InputBuffer;
    if (self->upper.service) return Fail(irp, STATUS_SHARING_VIOLATION);
    if (location->Parameters.DeviceIoControl.InputBufferLength < sizeof *connection) {
      return Fail(irp, STATUS_INVALID_PARAMETER);
    }
    self->upper.classDevice = connection->classDevice;
    self->upper.service = connection->service;
    connection->classDevice = device;
    DbgPrint("connected\n");
  }
  return Forward(device, irp);
}

static NTSTATUS NTAPI PlugAndPlay(PDEVICE_OBJECT device, PIRP irp) {
  DEVICE *self = device->DeviceExtension;
  UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
  PDEVICE_OBJECT lower = self->lower;
  if (minor == IRP_MN_START_DEVICE && (!self->upper.service || !self->upper.classDevice)) {
    return Fail(irp, STATUS_UNSUCCESSFUL);
  }
  NTSTATUS status = Forward(device, irp);
  if (minor == IRP_MN_REMOVE_DEVICE) {
    IoDetachDevice(lower);
    IoDeleteDevice(device);
  }
  return status;
}

static NTSTATUS NTAPI Power(PDEVICE_OBJECT device, PIRP irp) {
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(((DEVICE *)device->DeviceExtension)->lower, irp);
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, sizeof(DEVICE), NULL, FILE_DEVICE_MOUSE, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  ((DEVICE *)device->DeviceExtension)->lower = IoAttachDeviceToDeviceStack(device, physical);
  device->Flags |= DO_POWER_PAGABLE;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = Control;
  driver->MajorFunction[IRP_MJ_PNP] = PlugAndPlay;
  driver->MajorFunction[IRP_MJ_POWER] = Power;
  driver->DriverExtension->AddDevice = AddDevice;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
