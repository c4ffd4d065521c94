// What the drivers for injected failures share: a request that allocates three things, uses them and frees them.
//
// \Device\Inject. Control code 0x222000: allocates pool, contiguous memory and an MDL, in this order.
// UNCHECKED: uses what it got without a look. LEAKS: frees nothing when the second or third cannot be had.
// Loads on: every release.
#define DEVICE L"Inject"
#define SOURCE "inject.h"
#include "testdriver.h"

#ifdef UNCHECKED
#define LACKS(pointer) FALSE
#else
#define LACKS(pointer) ((pointer) == NULL)
#endif

#ifdef LEAKS
#define UNDO(act) ((void)0)
#else
#define UNDO(act) (act)
#endif

static NTSTATUS Act(VOID) {
  PHYSICAL_ADDRESS highest = {.LowPart = 0xFFFFFFFF, .HighPart = 0};
  volatile UCHAR *pool = ExAllocatePool(NonPagedPool, 64);
  if (LACKS(pool)) return STATUS_INSUFFICIENT_RESOURCES;
  pool[0] = 1;
  volatile UCHAR *contiguous = MmAllocateContiguousMemory(PAGE_SIZE, highest);
  if (LACKS(contiguous)) {
    UNDO(ExFreePool((PVOID)pool));
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  contiguous[0] = 1;
  PMDL mdl = IoAllocateMdl((PVOID)pool, 64, FALSE, FALSE, NULL);
  if (LACKS(mdl)) {
    UNDO(MmFreeContiguousMemory((PVOID)contiguous));
    UNDO(ExFreePool((PVOID)pool));
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  MmBuildMdlForNonPagedPool(mdl);
  IoFreeMdl(mdl);
  MmFreeContiguousMemory((PVOID)contiguous);
  ExFreePool((PVOID)pool);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  UNREFERENCED_PARAMETER(device);
  if (stack->MajorFunction != IRP_MJ_DEVICE_CONTROL) return Complete(irp, STATUS_SUCCESS, 0);
  if (stack->Parameters.DeviceIoControl.IoControlCode != CODE(0, METHOD_BUFFERED)) {
    return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
  return Complete(irp, Act(), 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, 0);
}
