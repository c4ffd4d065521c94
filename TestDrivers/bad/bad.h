// What the drivers with one mistake each share. Act, in DriverEntry, makes the mistake in the line that says MISTAKE; with
// CORRECT defined it does the same without.
#include "../testdriver.h"

#ifdef _X86_
// NT 3.1 has no fastcall forms.
#undef KeRaiseIrql
#undef KeLowerIrql
NTHALAPI VOID NTAPI KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql);
NTHALAPI VOID NTAPI KeLowerIrql(KIRQL NewIrql);
#endif

static VOID Act(VOID);

#define MdlFor(buffer, length) IoAllocateMdl((PVOID)(buffer), (length), FALSE, FALSE, NULL)

static VOID NTAPI UnloadNothing(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = UnloadNothing;
  Act();
  return STATUS_SUCCESS;
}
