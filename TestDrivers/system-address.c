// Fills or sums a direct I/O buffer through MmGetSystemAddressForMdl, the macro that most drivers before Windows 2000 used.
// Loads on: nt310 and later.
//
// \Device\SystemAddress. Read fills with byte i = i * 7 + 3, write sums and prints the sum. The mapping is left to the
// I/O manager, which drops it with the request.
// Right on NT 4.0 SP4 and later; disputed before (KB 199311 says page base, the macro's contract says buffer address).
#define DEVICE L"SystemAddress"
#include "testdriver.h"

static DECLSPEC_NOINLINE volatile UCHAR *MapBuffer(PMDL mdl) { return MmGetSystemAddressForMdl(mdl); }

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
  if (function == IRP_MJ_WRITE) DbgPrint("SystemAddress: sum of %lu bytes: %lu\n", length, sum);
  return Complete(irp, STATUS_SUCCESS, length);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, DO_DIRECT_IO);
}
