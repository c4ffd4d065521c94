// A bus master's adapter: a common buffer, lists of the pieces of a buffer, and a transfer mapped piece by piece.
// Loads on: w2k and later (IoGetDmaAdapter). DriverEntry returns STATUS_SUCCESS only if every check holds.
// Right on every release that loads it. No device: without a name it cannot be opened.
#define SOURCE "dma.c"
#define WITH_FASTCALL
#include "testdriver.h"

#define SIZE (4 * PAGE_SIZE)

static PSCATTER_GATHER_LIST pieces;
static ULONG pages;

static VOID NTAPI List(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(irp);
  if (KeGetCurrentIrql() == DISPATCH_LEVEL) pieces = list;
  *(PULONG)context += 1;
}

// The list's pieces are the pages of the buffer, in their order.
static BOOLEAN Describes(PSCATTER_GATHER_LIST list, PMDL mdl) {
  ULONG done = 0;
  ULONG offset = MmGetMdlByteOffset(mdl);
  for (ULONG i = 0; i < list->NumberOfElements; i++) {
    ULONGLONG place = (ULONGLONG)list->Elements[i].Address.QuadPart;
    for (ULONG left = list->Elements[i].Length; left;) {
      ULONG page = (offset + done) >> PAGE_SHIFT;
      ULONG within = (offset + done) & (PAGE_SIZE - 1);
      ULONG size = left < PAGE_SIZE - within ? left : PAGE_SIZE - within;
      if (place != (((ULONGLONG)MmGetMdlPfnArray(mdl)[page] << PAGE_SHIFT) | within)) return FALSE;
      place += size;
      done += size;
      left -= size;
    }
  }
  return done == MmGetMdlByteCount(mdl);
}

static IO_ALLOCATION_ACTION NTAPI Channel(PDEVICE_OBJECT device, PIRP irp, PVOID base, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(irp);
  *(PVOID *)context = base;
  pages++;
  return DeallocateObjectKeepRegisters;
}

static NTSTATUS Transfer(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PMDL mdl) {
  PDMA_OPERATIONS operations = adapter->DmaOperations;
  PUCHAR start = MmGetMdlVirtualAddress(mdl);
  ULONG count = 0;
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  NTSTATUS status =
      operations->GetScatterGatherList(adapter, device, mdl, start, MmGetMdlByteCount(mdl), List, &count, TRUE);
  KeLowerIrql(irql);
  CHECK(NT_SUCCESS(status));
  CHECK(count == 1 && pieces);
  CHECK(Describes(pieces, mdl));
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  operations->PutScatterGatherList(adapter, pieces, TRUE);
  PVOID base = NULL;
  status = operations->AllocateAdapterChannel(adapter, device, 5, Channel, &base);
  KeLowerIrql(irql);
  CHECK(NT_SUCCESS(status) && pages == 1);
  for (ULONG done = 0; done < MmGetMdlByteCount(mdl);) {
    ULONG length = MmGetMdlByteCount(mdl) - done;
    ULONG page = (MmGetMdlByteOffset(mdl) + done) >> PAGE_SHIFT;
    PHYSICAL_ADDRESS address = operations->MapTransfer(adapter, mdl, base, start + done, &length, TRUE);
    CHECK((ULONGLONG)address.QuadPart >> PAGE_SHIFT == MmGetMdlPfnArray(mdl)[page]);
    CHECK(length > 0);
    done += length;
  }
  CHECK(operations->FlushAdapterBuffers(adapter, mdl, base, start, MmGetMdlByteCount(mdl), TRUE));
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  operations->FreeMapRegisters(adapter, base, 5);
  KeLowerIrql(irql);
  return STATUS_SUCCESS;
}

static NTSTATUS CommonBuffer(PDMA_ADAPTER adapter) {
  PHYSICAL_ADDRESS logical;
  volatile UCHAR *buffer = adapter->DmaOperations->AllocateCommonBuffer(adapter, SIZE, &logical, TRUE);
  CHECK(buffer);
  for (ULONG i = 0; i < SIZE; i += PAGE_SIZE) {
    CHECK(MmGetPhysicalAddress((PVOID)(buffer + i)).QuadPart == logical.QuadPart + i);
    buffer[i] = Pattern(i);
  }
  adapter->DmaOperations->FreeCommonBuffer(adapter, SIZE, logical, (PVOID)buffer, TRUE);
  return STATUS_SUCCESS;
}

static NTSTATUS Check(PDEVICE_OBJECT device) {
  DEVICE_DESCRIPTION description = {
      .Version = DEVICE_DESCRIPTION_VERSION,
      .Master = TRUE,
      .ScatterGather = TRUE,
      .Dma32BitAddresses = TRUE,
      .InterfaceType = PCIBus,
      .MaximumLength = SIZE,
  };
  ULONG registers = 0;
  PDMA_ADAPTER adapter = IoGetDmaAdapter(NULL, &description, &registers);
  CHECK(adapter);
  CHECK(registers >= 5);
  PUCHAR pool = ExAllocatePool(NonPagedPool, SIZE + PAGE_SIZE);
  CHECK(pool);
  PMDL mdl = IoAllocateMdl(pool + 0x123, SIZE, FALSE, FALSE, NULL);
  CHECK(mdl);
  MmBuildMdlForNonPagedPool(mdl);
  NTSTATUS status = Transfer(adapter, device, mdl);
  IoFreeMdl(mdl);
  ExFreePool(pool);
  if (NT_SUCCESS(status)) status = CommonBuffer(adapter);
  adapter->DmaOperations->PutDmaAdapter(adapter);
  return status;
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  status = Check(device);
  IoDeleteDevice(device);
  driver->DriverUnload = Unload;
  return status;
}
