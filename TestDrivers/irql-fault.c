// Hostile: at DISPATCH_LEVEL, reads address 0x10 on control code 0x222000 (buffered) of \Device\IrqlFault, and has
// RtlInitUnicodeString write there on 0x222004; all else succeeds.
// Loads on: nt350 and later. Expected: a bug check for address 0x10, whose code says who was at fault: the driver
// (0xD1, and 0x0A before Windows 2000) or the kernel (0x0A).
#define DEVICE L"IrqlFault"
#define WITH_FASTCALL
#include "testdriver.h"

static DECLSPEC_NOINLINE VOID ReadNothing(VOID) {
  static volatile ULONG *volatile nothing;
  (void)nothing[4];
}

static DECLSPEC_NOINLINE VOID WriteNothing(VOID) {
  static PUNICODE_STRING volatile nothing = (PUNICODE_STRING)0x10;
  RtlInitUnicodeString(nothing, NULL);
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
    KIRQL old;
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    if (code != CODE(0, METHOD_BUFFERED) && code != CODE(1, METHOD_BUFFERED))
      return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    if (code == CODE(0, METHOD_BUFFERED))
      ReadNothing();
    else
      WriteNothing();
    KeLowerIrql(old);
  }
  return Complete(irp, STATUS_SUCCESS, 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, DO_BUFFERED_IO);
}
