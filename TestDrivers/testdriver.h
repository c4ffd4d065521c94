// What the test drivers share: NT's headers, one control device with its link, and the end of a request.
#pragma once
#include <ntddk.h>

// The headers turn these names into fastcall routines, which NT 3.1 for x86 lacks; every release has these.
// A driver that wants the later ones defines WITH_FASTCALL.
#ifndef WITH_FASTCALL
#undef IoCompleteRequest
NTKERNELAPI VOID NTAPI IoCompleteRequest(PIRP Irp, CCHAR PriorityBoost);
#undef ObDereferenceObject
NTKERNELAPI VOID NTAPI ObDereferenceObject(PVOID Object);
#endif

// A driver names its device before it includes this file.
#ifdef DEVICE

// Control codes: 0x222000 + 4 * function + method.
#define CODE(function, method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (function), (method), FILE_ANY_ACCESS)

DRIVER_DISPATCH Dispatch;
DRIVER_UNLOAD Unload;

// "\DosDevices" and not "\??", which is newer than NT 3.1.
static VOID LinkName(PUNICODE_STRING link) { RtlInitUnicodeString(link, L"\\DosDevices\\" DEVICE); }

static NTSTATUS CreateDevice(PDRIVER_OBJECT driver, ULONG flags) {
  static const UCHAR handled[] = {IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE,
                                  IRP_MJ_READ,   IRP_MJ_WRITE,   IRP_MJ_DEVICE_CONTROL};
  UNICODE_STRING name, link;
  PDEVICE_OBJECT device;
  RtlInitUnicodeString(&name, L"\\Device\\" DEVICE);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  LinkName(&link);
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  for (ULONG i = 0; i < sizeof handled; i++) driver->MajorFunction[handled[i]] = Dispatch;
  driver->DriverUnload = Unload;
  device->Flags |= flags;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

static VOID DeleteDevice(PDRIVER_OBJECT driver) {
  UNICODE_STRING link;
  LinkName(&link);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

static NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

#endif

// Byte i of the pattern that the drivers write.
static inline UCHAR Pattern(ULONG i) { return (UCHAR)(i * 7 + 3); }

// Fails the routine that it stands in, and says which line.
#define CHECK(condition)                                             \
  do {                                                               \
    if (!(condition)) {                                              \
      DbgPrint("%s:%d: not so: %s\n", SOURCE, __LINE__, #condition); \
      return STATUS_UNSUCCESSFUL;                                    \
    }                                                                \
  } while (0)
