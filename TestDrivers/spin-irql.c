// Raises and lowers the IRQL, takes spin locks, and looks at the IRQL after each step.
// Loads on: nt350 and later. (x86: the HAL's fastcall and stdcall routines; x64: CR8, inline.)
//
// No device. DriverEntry returns STATUS_SUCCESS only if every IRQL is as it should be; so it must, on every release.
#define SOURCE "spin-irql.c"
#include "testdriver.h"

static KSPIN_LOCK lock, inner;

static NTSTATUS RaiseAndLower(VOID) {
  KIRQL before, between;
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  KeRaiseIrql(APC_LEVEL, &before);
  CHECK(before == PASSIVE_LEVEL && KeGetCurrentIrql() == APC_LEVEL);
  KeRaiseIrql(DISPATCH_LEVEL, &between);
  CHECK(between == APC_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL);
  KeLowerIrql(between);
  CHECK(KeGetCurrentIrql() == APC_LEVEL);
  KeLowerIrql(before);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  return STATUS_SUCCESS;
}

static NTSTATUS TakeLocks(VOID) {
  KIRQL before;
  KeAcquireSpinLock(&lock, &before);
  CHECK(before == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL);
  KeAcquireSpinLockAtDpcLevel(&inner);
  CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
  KeReleaseSpinLockFromDpcLevel(&inner);
  KeReleaseSpinLock(&lock, before);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  return STATUS_SUCCESS;
}

#ifdef _X86_
// The stdcall routines of NT 3.1, which later HALs kept.
#undef KeRaiseIrql
#undef KeLowerIrql
#undef KeAcquireSpinLock
#undef KeReleaseSpinLock
NTHALAPI VOID NTAPI KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql);
NTHALAPI VOID NTAPI KeLowerIrql(KIRQL NewIrql);
NTHALAPI VOID NTAPI KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql);
NTHALAPI VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql);

static NTSTATUS OldRoutines(VOID) {
  KIRQL before, outer;
  KeRaiseIrql(DISPATCH_LEVEL, &outer);
  CHECK(outer == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL);
  KeAcquireSpinLock(&lock, &before);
  CHECK(before == DISPATCH_LEVEL);
  KeReleaseSpinLock(&lock, before);
  CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
  KeLowerIrql(outer);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  return STATUS_SUCCESS;
}
#else
// What KeGetCurrentIrql and its kin do, in sight.
static NTSTATUS OldRoutines(VOID) {
  CHECK(__readcr8() == PASSIVE_LEVEL);
  __writecr8(DISPATCH_LEVEL);
  CHECK(__readcr8() == DISPATCH_LEVEL);
  __writecr8(PASSIVE_LEVEL);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  return STATUS_SUCCESS;
}
#endif

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  KeInitializeSpinLock(&lock);
  KeInitializeSpinLock(&inner);
  NTSTATUS status = RaiseAndLower();
  if (NT_SUCCESS(status)) status = TakeLocks();
  if (NT_SUCCESS(status)) status = OldRoutines();
  return status;
}
