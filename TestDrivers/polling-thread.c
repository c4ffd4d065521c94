// A thread for each device that looks once a second whether its device is gone.
// Loads on: Windows 2000 and later (Plug and Play); on x64 on every release.
//
// IRP_MN_REMOVE_DEVICE tells the thread to end, and does not wait for it; the thread frees the block that the two share.
// Unload waits for no thread either: the driver is right where time passes between the two, as it does on NT.
#define WITH_FASTCALL
#include "testdriver.h"

typedef struct {
  PDEVICE_OBJECT lower;
  volatile LONG *stop;
} DEVICE;

static VOID NTAPI Thread(PVOID context) {
  volatile LONG *stop = context;
  LARGE_INTEGER second = {.QuadPart = -10000000};
  while (!*stop) KeDelayExecutionThread(KernelMode, FALSE, &second);
  ExFreePool(context);
  DbgPrint("the thread ends\n");
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS NTAPI PlugAndPlay(PDEVICE_OBJECT device, PIRP irp) {
  DEVICE *self = device->DeviceExtension;
  BOOLEAN isRemoval = IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_REMOVE_DEVICE;
  PDEVICE_OBJECT lower = self->lower;
  if (isRemoval) {
    *self->stop = TRUE;
    irp->IoStatus.Status = STATUS_SUCCESS;
  }
  IoSkipCurrentIrpStackLocation(irp);
  NTSTATUS status = IoCallDriver(lower, irp);
  if (isRemoval) {
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
  HANDLE thread;
  NTSTATUS status = IoCreateDevice(driver, sizeof(DEVICE), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  DEVICE *self = device->DeviceExtension;
  self->stop = ExAllocatePoolWithTag(NonPagedPool, sizeof *self->stop, 'lloP');
  if (!self->stop) {
    IoDeleteDevice(device);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  *self->stop = FALSE;
  status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Thread, (PVOID)self->stop);
  if (!NT_SUCCESS(status)) {
    ExFreePool((PVOID)self->stop);
    IoDeleteDevice(device);
    return status;
  }
  ZwClose(thread);
  self->lower = IoAttachDeviceToDeviceStack(device, physical);
  device->Flags |= DO_POWER_PAGABLE;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->MajorFunction[IRP_MJ_PNP] = PlugAndPlay;
  driver->MajorFunction[IRP_MJ_POWER] = Power;
  driver->DriverExtension->AddDevice = AddDevice;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
