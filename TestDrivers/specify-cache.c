// Maps direct I/O buffers with MmMapLockedPagesSpecifyCache.
// Loads on: nt400sp4 and later; earlier releases lack the routine, so the load fails there.
//
// \Device\SpecifyCache. Read fills with byte i = i * 7 + 3; write sums and prints the sum. Right wherever it loads.
#define DEVICE L"SpecifyCache"
#include "testdriver.h"

static DECLSPEC_NOINLINE volatile UCHAR *MapBuffer(PMDL mdl) {
  return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  UCHAR function = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  if (function == IRP_MJ_DEVICE_CONTROL) return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  PMDL mdl = irp->MdlAddress;
  if ((function != IRP_MJ_READ && function != IRP_MJ_WRITE) || !mdl) return Complete(irp, STATUS_SUCCESS, 0);
  ULONG length = MmGetMdlByteCount(mdl), sum = 0;
  volatile UCHAR *buffer = MapBuffer(mdl);
  if (!buffer) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  for (ULONG i = 0; i < length; i++) {
    if (function == IRP_MJ_READ) buffer[i] = Pattern(i);
    else sum += buffer[i];
  }
  MmUnmapLockedPages((PVOID)buffer, mdl);
  if (function == IRP_MJ_WRITE) DbgPrint("SpecifyCache: sum of %lu bytes: %lu\n", length, sum);
  return Complete(irp, STATUS_SUCCESS, length);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, DO_DIRECT_IO);
}
