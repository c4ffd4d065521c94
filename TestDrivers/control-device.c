// A control device with every transfer method, completed through the fastcall routine as drivers since NT 3.5 are.
// Loads on: nt350 and later (IofCompleteRequest).
//
// \Device\ControlDevice, buffered read and write: write keeps the first 64 bytes, read returns them.
// Control codes:
//   0x222000 buffered    output = input in reverse order
//   0x222004 buffered    output = number of requests so far (ULONG)
//   0x222009 in direct   output = nothing; keeps the sum of the input buffer and of the direct buffer
//   0x22200E out direct  direct buffer = byte i = i * 7 + 3 + first input byte
//   0x222013 neither     user output = user input, each byte inverted
//   0x222014 buffered    output = the kept sum (ULONG)
//   any other            STATUS_INVALID_DEVICE_REQUEST
// Right on every release that loads it (the direct buffers are mapped by the portable idiom with ULONG_PTR).
#define DEVICE L"ControlDevice"
#define WITH_FASTCALL
#include "testdriver.h"

static UCHAR kept[64];
static ULONG keptLength, requests, sum;

static volatile UCHAR *MapBuffer(PMDL mdl, PVOID *mapping) {
  *mapping = MmMapLockedPages(mdl, KernelMode);
  return (volatile UCHAR *)((ULONG_PTR)*mapping | MmGetMdlByteOffset(mdl));
}

static NTSTATUS Reverse(PIRP irp, ULONG in, ULONG out) {
  volatile UCHAR *buffer = irp->AssociatedIrp.SystemBuffer;
  if (out < in) return Complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
  for (ULONG i = 0; i < in / 2; i++) {
    UCHAR byte = buffer[i];
    buffer[i] = buffer[in - 1 - i];
    buffer[in - 1 - i] = byte;
  }
  return Complete(irp, STATUS_SUCCESS, in);
}

static NTSTATUS Return(PIRP irp, ULONG out, ULONG value) {
  if (out < sizeof value) return Complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
  *(volatile ULONG *)irp->AssociatedIrp.SystemBuffer = value;
  return Complete(irp, STATUS_SUCCESS, sizeof value);
}

static NTSTATUS SumDirect(PIRP irp, ULONG in) {
  volatile UCHAR *input = irp->AssociatedIrp.SystemBuffer;
  PVOID mapping;
  sum = 0;
  for (ULONG i = 0; i < in; i++) sum += input[i];
  if (irp->MdlAddress) {
    volatile UCHAR *buffer = MapBuffer(irp->MdlAddress, &mapping);
    for (ULONG i = 0; i < MmGetMdlByteCount(irp->MdlAddress); i++) sum += buffer[i];
    MmUnmapLockedPages(mapping, irp->MdlAddress);
  }
  return Complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS FillDirect(PIRP irp, ULONG in, ULONG out) {
  PVOID mapping;
  if (!irp->MdlAddress) return Complete(irp, STATUS_SUCCESS, 0);
  UCHAR first = in ? *(volatile UCHAR *)irp->AssociatedIrp.SystemBuffer : 0;
  volatile UCHAR *buffer = MapBuffer(irp->MdlAddress, &mapping);
  for (ULONG i = 0; i < out; i++) buffer[i] = (UCHAR)(Pattern(i) + first);
  MmUnmapLockedPages(mapping, irp->MdlAddress);
  return Complete(irp, STATUS_SUCCESS, out);
}

static NTSTATUS InvertNeither(PIRP irp, PVOID source, ULONG in, ULONG out) {
  volatile UCHAR *input = source, *output = irp->UserBuffer;
  if (out < in) return Complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
  for (ULONG i = 0; i < in; i++) output[i] = (UCHAR)~input[i];
  return Complete(irp, STATUS_SUCCESS, in);
}

static NTSTATUS Control(PIRP irp, PIO_STACK_LOCATION stack) {
  ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength;
  ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength;
  switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case CODE(0, METHOD_BUFFERED): return Reverse(irp, in, out);
    case CODE(1, METHOD_BUFFERED): return Return(irp, out, requests);
    case CODE(2, METHOD_IN_DIRECT): return SumDirect(irp, in);
    case CODE(3, METHOD_OUT_DIRECT): return FillDirect(irp, in, out);
    case CODE(4, METHOD_NEITHER):
      return InvertNeither(irp, stack->Parameters.DeviceIoControl.Type3InputBuffer, in, out);
    case CODE(5, METHOD_BUFFERED): return Return(irp, out, sum);
  }
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  volatile UCHAR *buffer = irp->AssociatedIrp.SystemBuffer;
  requests++;
  switch (stack->MajorFunction) {
    case IRP_MJ_DEVICE_CONTROL: return Control(irp, stack);
    case IRP_MJ_WRITE:
      keptLength = stack->Parameters.Write.Length < sizeof kept ? stack->Parameters.Write.Length : sizeof kept;
      for (ULONG i = 0; i < keptLength; i++) kept[i] = buffer[i];
      return Complete(irp, STATUS_SUCCESS, keptLength);
    case IRP_MJ_READ: {
      ULONG length = stack->Parameters.Read.Length < keptLength ? stack->Parameters.Read.Length : keptLength;
      for (ULONG i = 0; i < length; i++) buffer[i] = kept[i];
      return Complete(irp, STATUS_SUCCESS, length);
    }
  }
  return Complete(irp, STATUS_SUCCESS, 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, DO_BUFFERED_IO);
}
