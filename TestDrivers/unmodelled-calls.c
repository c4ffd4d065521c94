// Calls a routine of each kind of result that no model has, so that it ends there, or with --continue is given a default.
// Loads on: nt310 and later.
//
// No device. With --continue DriverEntry prints that all results are those of a failure, and then stores to address 0: a fault
// that is to be told as one after the first gap.
#define SOURCE "unmodelled-calls.c"
#include "testdriver.h"

NTKERNELAPI NTSTATUS NTAPI FsRtlBalanceReads(PDEVICE_OBJECT target);
NTKERNELAPI PFILE_OBJECT NTAPI CcGetFileObjectFromBcb(PVOID bcb);
NTKERNELAPI BOOLEAN NTAPI FsRtlIsTotalDeviceFailure(NTSTATUS status);
NTKERNELAPI ULONG NTAPI FsRtlNumberOfRunsInMcb(PVOID mcb);
NTKERNELAPI VOID NTAPI CcUnpinRepinnedBcb(PVOID bcb, BOOLEAN writeThrough, PIO_STATUS_BLOCK status);

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  volatile ULONG guards[2] = {0x12345678, 0x9ABCDEF0};
  IO_STATUS_BLOCK block;
  driver->DriverUnload = Unload;
  CHECK(FsRtlBalanceReads(driver->DeviceObject) == STATUS_NOT_IMPLEMENTED);
  CHECK(CcGetFileObjectFromBcb(&block) == NULL);
  CHECK(FsRtlIsTotalDeviceFailure(STATUS_UNSUCCESSFUL) == FALSE);
  for (int i = 0; i < 3; i++) CHECK(FsRtlNumberOfRunsInMcb(&block) == 0);
  CcUnpinRepinnedBcb(&block, TRUE, &block);
  CHECK(guards[0] == 0x12345678 && guards[1] == 0x9ABCDEF0);
  DbgPrint("%s: went on\n", SOURCE);
  *(volatile ULONG *)0 = 1;
  return STATUS_SUCCESS;
}
