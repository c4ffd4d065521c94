// A WDM function driver with Plug and Play, power and WMI, and a filter above it, in one image.
// Loads on: Windows 2000 and later (Plug and Play); on x64 on every release.
//
// AddDevice makes two devices: the function device, which owns the device's power policy and has an interface,
// and a filter that passes everything on. Reads return the pattern (buffered). The driver is right on every release.
// With FORGETS_NEXT_POWER the filter does not call PoStartNextPowerIrp: the next power request of the same kind
// never arrives before Vista.
#define WITH_FASTCALL
#include "testdriver.h"
#define SOURCE "wdm-stack.c"

#define TAG 'mdwL'
// {9f2d0c51-7a3e-4b1d-9d2a-0c7f5c3b9a10}
static const GUID interfaceClass = {0x9f2d0c51, 0x7a3e, 0x4b1d, {0x9d, 0x2a, 0x0c, 0x7f, 0x5c, 0x3b, 0x9a, 0x10}};

typedef struct {
  BOOLEAN isFilter, isStarted, isEnabled, isRegistered;
  PDEVICE_OBJECT self, lower, physical;
  IO_REMOVE_LOCK lock;
  UNICODE_STRING link;
  PVOID notification;
  DEVICE_CAPABILITIES capabilities;
} DEVICE;

static LONG arrivals, removals;

// What the compiler and the headers copy structures with.
void *__cdecl memcpy(void *__restrict__ to, const void *__restrict__ from, size_t size) {
  for (size_t i = 0; i < size; i++) ((volatile UCHAR *)to)[i] = ((const UCHAR *)from)[i];
  return to;
}

static NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

static NTSTATUS NTAPI SetEvent(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  if (irp->PendingReturned) KeSetEvent(context, IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS ForwardAndWait(DEVICE *self, PIRP irp) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, SetEvent, &event, TRUE, TRUE, TRUE);
  if (IoCallDriver(self->lower, irp) == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  }
  return irp->IoStatus.Status;
}

static NTSTATUS Forward(DEVICE *self, PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  NTSTATUS status = IoCallDriver(self->lower, irp);
  IoReleaseRemoveLock(&self->lock, irp);
  return status;
}

static NTSTATUS NTAPI Notify(PVOID structure, PVOID context) {
  DEVICE_INTERFACE_CHANGE_NOTIFICATION *change = structure;
  UNREFERENCED_PARAMETER(context);
  CHECK(change->Version == 1 && change->Size == sizeof *change);
  CHECK(RtlCompareMemory(&change->InterfaceClassGuid, &interfaceClass, sizeof interfaceClass) == sizeof interfaceClass);
  CHECK(change->SymbolicLinkName->Length > 8);
  // The first byte of GUID_DEVICE_INTERFACE_ARRIVAL and of GUID_DEVICE_INTERFACE_REMOVAL.
  if ((change->Event.Data1 & 0xFF) == 0x04) arrivals++;
  if ((change->Event.Data1 & 0xFF) == 0x05) removals++;
  return STATUS_SUCCESS;
}

static NTSTATUS CheckProperties(DEVICE *self) {
  UCHAR buffer[256];
  ULONG length = 0;
  NTSTATUS status = IoGetDeviceProperty(self->physical, DevicePropertyEnumeratorName, 2, buffer, &length);
  CHECK(status == STATUS_BUFFER_TOO_SMALL && length == 10);
  status = IoGetDeviceProperty(self->physical, DevicePropertyEnumeratorName, sizeof buffer, buffer, &length);
  CHECK(NT_SUCCESS(status) && length == 10 && *(WCHAR *)buffer == 'R');
  status = IoGetDeviceProperty(self->physical, DevicePropertyHardwareID, sizeof buffer, buffer, &length);
  CHECK(NT_SUCCESS(status) && length > 4 && *(WCHAR *)(buffer + length - 4) == 0);
  CHECK(IoGetDeviceProperty(self->physical, DevicePropertyFriendlyName, sizeof buffer, buffer, &length) ==
        STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(IoGetDeviceProperty(self->physical, 99, sizeof buffer, buffer, &length) == STATUS_INVALID_PARAMETER_2);
  CHECK(IoGetDeviceProperty(self->self, DevicePropertyHardwareID, sizeof buffer, buffer, &length) ==
        STATUS_INVALID_DEVICE_REQUEST);
  HANDLE key;
  CHECK(NT_SUCCESS(IoOpenDeviceRegistryKey(self->physical, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key)));
  ZwClose(key);
  CHECK(NT_SUCCESS(IoOpenDeviceRegistryKey(self->physical, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &key)));
  ZwClose(key);
  CHECK(IoOpenDeviceRegistryKey(self->physical, 77, KEY_READ, &key) == STATUS_INVALID_PARAMETER);
  return STATUS_SUCCESS;
}

// Prints what the bus gave the device, as translated.
static VOID PrintResources(PIRP irp) {
  PCM_RESOURCE_LIST list = IoGetCurrentIrpStackLocation(irp)->Parameters.StartDevice.AllocatedResourcesTranslated;
  if (!list) return;
  CM_PARTIAL_RESOURCE_LIST *resources = &list->List[0].PartialResourceList;
  for (ULONG i = 0; i < resources->Count; i++) {
    CM_PARTIAL_RESOURCE_DESCRIPTOR *one = &resources->PartialDescriptors[i];
    if (one->Type == CmResourceTypeInterrupt) {
      DbgPrint("interrupt vector 0x%x share %d\n", one->u.Interrupt.Vector, one->ShareDisposition);
    } else {
      DbgPrint("type %d start 0x%x length 0x%x\n", one->Type, one->u.Generic.Start.LowPart, one->u.Generic.Length);
    }
  }
}

static NTSTATUS Start(DEVICE *self, PIRP irp) {
  NTSTATUS status = ForwardAndWait(self, irp);
  if (!NT_SUCCESS(status)) return status;
  PrintResources(irp);
  status = CheckProperties(self);
  if (!NT_SUCCESS(status)) return status;
  CHECK(IoSetDeviceInterfaceState(&self->link, FALSE) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(IoSetDeviceInterfaceState(&self->link, TRUE) == STATUS_SUCCESS);
  CHECK(IoSetDeviceInterfaceState(&self->link, TRUE) == STATUS_OBJECT_NAME_EXISTS);
  PWSTR list;
  CHECK(NT_SUCCESS(IoGetDeviceInterfaces(&interfaceClass, self->physical, 0, &list)));
  CHECK(RtlCompareMemory(list, self->link.Buffer, self->link.Length) == self->link.Length);
  ExFreePool(list);
  self->isEnabled = TRUE;
  if (!self->isRegistered) {
    CHECK(NT_SUCCESS(IoWMIRegistrationControl(self->self, WMIREG_ACTION_REGISTER)));
    self->isRegistered = TRUE;
  }
  POWER_STATE state = {.DeviceState = PowerDeviceD0};
  PoSetPowerState(self->self, DevicePowerState, state);
  self->isStarted = TRUE;
  return STATUS_SUCCESS;
}

static VOID Disable(DEVICE *self) {
  self->isStarted = FALSE;
  if (self->isEnabled) IoSetDeviceInterfaceState(&self->link, FALSE);
  self->isEnabled = FALSE;
  if (self->isRegistered) IoWMIRegistrationControl(self->self, WMIREG_ACTION_DEREGISTER);
  self->isRegistered = FALSE;
}

static NTSTATUS Remove(DEVICE *self, PIRP irp) {
  if (!self->isFilter) Disable(self);
  IoReleaseRemoveLockAndWait(&self->lock, irp);
  irp->IoStatus.Status = STATUS_SUCCESS;
  IoSkipCurrentIrpStackLocation(irp);
  NTSTATUS status = IoCallDriver(self->lower, irp);
  if (!self->isFilter) {
    IoUnregisterPlugPlayNotification(self->notification);
    RtlFreeUnicodeString(&self->link);
  }
  IoDetachDevice(self->lower);
  IoDeleteDevice(self->self);
  return status;
}

static NTSTATUS NTAPI PlugAndPlay(PDEVICE_OBJECT device, PIRP irp) {
  DEVICE *self = device->DeviceExtension;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  NTSTATUS status = IoAcquireRemoveLock(&self->lock, irp);
  if (!NT_SUCCESS(status)) return Complete(irp, status, 0);
  if (location->MinorFunction == IRP_MN_REMOVE_DEVICE) return Remove(self, irp);
  if (self->isFilter) return Forward(self, irp);
  switch (location->MinorFunction) {
    case IRP_MN_START_DEVICE:
      status = Start(self, irp);
      IoReleaseRemoveLock(&self->lock, irp);
      return Complete(irp, status, 0);
    case IRP_MN_QUERY_CAPABILITIES:
      status = ForwardAndWait(self, irp);
      if (NT_SUCCESS(status)) self->capabilities = *location->Parameters.DeviceCapabilities.Capabilities;
      IoReleaseRemoveLock(&self->lock, irp);
      return Complete(irp, status, irp->IoStatus.Information);
    case IRP_MN_STOP_DEVICE:
      self->isStarted = FALSE;
      if (self->isEnabled) IoSetDeviceInterfaceState(&self->link, FALSE);
      self->isEnabled = FALSE;
      irp->IoStatus.Status = STATUS_SUCCESS;
      break;
    case IRP_MN_SURPRISE_REMOVAL:
      Disable(self);
      irp->IoStatus.Status = STATUS_SUCCESS;
      break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      irp->IoStatus.Status = STATUS_SUCCESS;
      break;
  }
  return Forward(self, irp);
}

static VOID NTAPI DevicePowerDone(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context,
                                  PIO_STATUS_BLOCK result) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(minor);
  PIRP irp = context;
  DEVICE *self = IoGetCurrentIrpStackLocation(irp)->DeviceObject->DeviceExtension;
  DbgPrint("D%d: 0x%x\n", (int)state.DeviceState - 1, result->Status);
  PoStartNextPowerIrp(irp);
  irp->IoStatus.Status = result->Status;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  IoReleaseRemoveLock(&self->lock, irp);
}

// The system's state is known to the drivers below: the device follows it.
static NTSTATUS NTAPI SystemPowerDone(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  DEVICE *self = context;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  UNREFERENCED_PARAMETER(device);
  if (!NT_SUCCESS(irp->IoStatus.Status)) {
    PoStartNextPowerIrp(irp);
    IoReleaseRemoveLock(&self->lock, irp);
    return STATUS_CONTINUE_COMPLETION;
  }
  POWER_STATE state = {.DeviceState = self->capabilities.DeviceState[location->Parameters.Power.State.SystemState]};
  NTSTATUS status = PoRequestPowerIrp(self->self, location->MinorFunction, state, DevicePowerDone, irp, NULL);
  if (status != STATUS_PENDING) {
    PoStartNextPowerIrp(irp);
    irp->IoStatus.Status = status;
    IoReleaseRemoveLock(&self->lock, irp);
    return STATUS_CONTINUE_COMPLETION;
  }
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS NTAPI DevicePoweredUp(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  DEVICE *self = context;
  UNREFERENCED_PARAMETER(device);
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  PoSetPowerState(self->self, DevicePowerState, IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State);
  PoStartNextPowerIrp(irp);
  IoReleaseRemoveLock(&self->lock, irp);
  return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS PassPower(DEVICE *self, PIRP irp) {
#ifdef FORGETS_NEXT_POWER
  if (!self->isFilter)
#endif
    PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  NTSTATUS status = PoCallDriver(self->lower, irp);
  IoReleaseRemoveLock(&self->lock, irp);
  return status;
}

static NTSTATUS NTAPI Power(PDEVICE_OBJECT device, PIRP irp) {
  DEVICE *self = device->DeviceExtension;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  NTSTATUS status = IoAcquireRemoveLock(&self->lock, irp);
  if (!NT_SUCCESS(status)) {
    PoStartNextPowerIrp(irp);
    return Complete(irp, status, 0);
  }
  if (self->isFilter || (location->MinorFunction != IRP_MN_SET_POWER && location->MinorFunction != IRP_MN_QUERY_POWER))
    return PassPower(self, irp);
  PIO_COMPLETION_ROUTINE routine = NULL;
  if (location->Parameters.Power.Type == SystemPowerState) {
    routine = SystemPowerDone;
  } else if (location->MinorFunction == IRP_MN_SET_POWER) {
    POWER_STATE state = location->Parameters.Power.State;
    if (state.DeviceState == PowerDeviceD0) {
      routine = DevicePoweredUp;
    } else {
      POWER_STATE old = PoSetPowerState(self->self, DevicePowerState, state);
      if (old.DeviceState != PowerDeviceD0) DbgPrint("was not in D0 but %d\n", old.DeviceState);
    }
  }
  if (!routine) return PassPower(self, irp);
  IoMarkIrpPending(irp);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, routine, self, TRUE, TRUE, TRUE);
  PoCallDriver(self->lower, irp);
  return STATUS_PENDING;
}

static NTSTATUS AnswerRegistration(DEVICE *self, PIO_STACK_LOCATION location, PIRP irp) {
  // A WMIREGINFO without blocks, after having asked for more room once.
  ULONG *words = location->Parameters.WMI.Buffer;
  if (location->Parameters.WMI.BufferSize < 8192) {
    words[0] = 8192;
    IoReleaseRemoveLock(&self->lock, irp);
    return Complete(irp, STATUS_BUFFER_TOO_SMALL, sizeof(ULONG));
  }
  for (ULONG i = 0; i < 8; i++) words[i] = 0;
  words[0] = 32;
  IoReleaseRemoveLock(&self->lock, irp);
  return Complete(irp, STATUS_SUCCESS, 32);
}

static NTSTATUS NTAPI SystemControl(PDEVICE_OBJECT device, PIRP irp) {
  DEVICE *self = device->DeviceExtension;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  NTSTATUS status = IoAcquireRemoveLock(&self->lock, irp);
  if (!NT_SUCCESS(status)) return Complete(irp, status, 0);
  BOOLEAN isRegistration = location->MinorFunction == IRP_MN_REGINFO || location->MinorFunction == IRP_MN_REGINFO_EX;
  if (!self->isFilter && isRegistration && (PDEVICE_OBJECT)location->Parameters.WMI.ProviderId == device) {
    DbgPrint("asked for information 0x%x\n", location->MinorFunction);
    return AnswerRegistration(self, location, irp);
  }
  return Forward(self, irp);
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  DEVICE *self = device->DeviceExtension;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  NTSTATUS status = IoAcquireRemoveLock(&self->lock, irp);
  if (!NT_SUCCESS(status)) return Complete(irp, status, 0);
  if (self->isFilter) return Forward(self, irp);
  ULONG length = 0;
  if (location->MajorFunction == IRP_MJ_READ) {
    length = location->Parameters.Read.Length;
    volatile UCHAR *buffer = irp->AssociatedIrp.SystemBuffer;
    for (ULONG i = 0; i < length; i++) buffer[i] = Pattern(i);
  }
  IoReleaseRemoveLock(&self->lock, irp);
  return Complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS Attach(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical, BOOLEAN isFilter, DEVICE **made) {
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, sizeof(DEVICE), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  DEVICE *self = device->DeviceExtension;
  self->isFilter = isFilter;
  self->self = device;
  self->physical = physical;
  IoInitializeRemoveLock(&self->lock, TAG, 0, 0);
  self->lower = IoAttachDeviceToDeviceStack(device, physical);
  if (!self->lower) {
    IoDeleteDevice(device);
    return STATUS_NO_SUCH_DEVICE;
  }
  device->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
  *made = self;
  return STATUS_SUCCESS;
}

static VOID Undo(DEVICE *self) {
  IoDetachDevice(self->lower);
  IoDeleteDevice(self->self);
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
  DEVICE *function, *filter;
  NTSTATUS status = Attach(driver, physical, FALSE, &function);
  if (!NT_SUCCESS(status)) return status;
  status = IoRegisterDeviceInterface(physical, &interfaceClass, NULL, &function->link);
  if (!NT_SUCCESS(status)) {
    Undo(function);
    return status;
  }
  status = IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, (PVOID)&interfaceClass, driver, Notify,
                                          NULL, &function->notification);
  if (!NT_SUCCESS(status)) {
    RtlFreeUnicodeString(&function->link);
    Undo(function);
    return status;
  }
  status = Attach(driver, physical, TRUE, &filter);
  if (!NT_SUCCESS(status)) {
    IoUnregisterPlugPlayNotification(function->notification);
    RtlFreeUnicodeString(&function->link);
    Undo(function);
    return status;
  }
  PDEVICE_OBJECT top = IoGetAttachedDeviceReference(physical);
  if (top != filter->self) DbgPrint("the filter is not on top\n");
  ObDereferenceObject(top);
  function->self->Flags &= ~DO_DEVICE_INITIALIZING;
  filter->self->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNREFERENCED_PARAMETER(driver);
  DbgPrint("%d arrivals, %d removals\n", arrivals, removals);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->MajorFunction[IRP_MJ_CREATE] = Dispatch;
  driver->MajorFunction[IRP_MJ_CLEANUP] = Dispatch;
  driver->MajorFunction[IRP_MJ_CLOSE] = Dispatch;
  driver->MajorFunction[IRP_MJ_READ] = Dispatch;
  driver->MajorFunction[IRP_MJ_PNP] = PlugAndPlay;
  driver->MajorFunction[IRP_MJ_POWER] = Power;
  driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = SystemControl;
  driver->DriverExtension->AddDevice = AddDevice;
  driver->DriverUnload = Unload;
  // An extension of the driver object belongs to the driver, by the identifier.
  PVOID extension;
  CHECK(NT_SUCCESS(IoAllocateDriverObjectExtension(driver, (PVOID)Dispatch, 40, &extension)));
  CHECK(IoGetDriverObjectExtension(driver, (PVOID)Dispatch) == extension);
  CHECK(!IoGetDriverObjectExtension(driver, (PVOID)Power));
  CHECK(IoAllocateDriverObjectExtension(driver, (PVOID)Dispatch, 4, &extension) == STATUS_OBJECT_NAME_COLLISION);
  CHECK(IoGetConfigurationInformation()->DiskCount == 0);
  return STATUS_SUCCESS;
}
