// Serves the interrupts of two lines, of which one has two routines, and queues a DPC for each.
// Loads on: every release (HalGetInterruptVector: on x86; on x64 since Windows 10 2004).
//
// No device. DriverEntry returns STATUS_SUCCESS if both lines are connected. The unload routine prints how often each routine ran, at
// which levels and in which order: "line 5: 1 1 line 9: 1 dpc: 2 synchronized: 1".
#define SOURCE "interrupt.c"
#include "testdriver.h"

#ifdef _M_AMD64
#define VECTOR(line, irql, affinity) (*(irql) = (KIRQL)(11 - (line) / 2), *(affinity) = 1, *(irql) << 4 | ((line)&1))
#else
NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE, ULONG, ULONG, ULONG, PKIRQL, PKAFFINITY);
#define VECTOR(line, irql, affinity) HalGetInterruptVector(Isa, 0, (line), (line), (irql), (affinity))
#endif

typedef struct {
  PKINTERRUPT interrupt;
  KDPC dpc;
  KIRQL level;
  ULONG count, dpcCount;
  BOOLEAN isOwn, wasWrong;
} LINE;

static LINE lines[3];
static ULONG synchronized;

static BOOLEAN NTAPI Serve(PKINTERRUPT interrupt, PVOID context) {
  LINE *line = context;
  if (interrupt != line->interrupt || KeGetCurrentIrql() != line->level) line->wasWrong = TRUE;
  line->count++;
  if (line->isOwn) KeInsertQueueDpc(&line->dpc, NULL, NULL);
  return line->isOwn;
}

static VOID NTAPI Defer(PKDPC dpc, PVOID context, PVOID first, PVOID second) {
  LINE *line = context;
  UNREFERENCED_PARAMETER(first);
  UNREFERENCED_PARAMETER(second);
  if (dpc != &line->dpc || KeGetCurrentIrql() != DISPATCH_LEVEL) line->wasWrong = TRUE;
  line->dpcCount++;
}

static BOOLEAN NTAPI Synchronize(PVOID context) {
  LINE *line = context;
  if (KeGetCurrentIrql() == line->level) synchronized++;
  return TRUE;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNREFERENCED_PARAMETER(driver);
  BOOLEAN done = KeSynchronizeExecution(lines[0].interrupt, Synchronize, &lines[0]);
  for (ULONG i = 0; i < 3; i++) IoDisconnectInterrupt(lines[i].interrupt);
  DbgPrint("line 5: %lu %lu line 9: %lu dpc: %lu synchronized: %lu%s\n", lines[0].count, lines[1].count, lines[2].count,
           lines[0].dpcCount + lines[1].dpcCount + lines[2].dpcCount, synchronized,
           !done || KeGetCurrentIrql() || lines[0].wasWrong || lines[1].wasWrong || lines[2].wasWrong ? " wrong" : "");
}

static NTSTATUS Connect(LINE *line, ULONG number, BOOLEAN isShared, BOOLEAN isOwn) {
  KAFFINITY affinity = 0;
  ULONG vector = VECTOR(number, &line->level, &affinity);
  line->isOwn = isOwn;
  KeInitializeDpc(&line->dpc, Defer, line);
  return IoConnectInterrupt(&line->interrupt, Serve, line, NULL, vector, line->level, line->level, LevelSensitive, isShared,
                            affinity, FALSE);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  CHECK(Connect(&lines[0], 5, TRUE, FALSE) == STATUS_SUCCESS);
  CHECK(Connect(&lines[1], 5, TRUE, TRUE) == STATUS_SUCCESS);
  CHECK(Connect(&lines[2], 9, FALSE, TRUE) == STATUS_SUCCESS);
  // Nobody else may have a line that is not shared.
  LINE other;
  CHECK(Connect(&other, 9, TRUE, TRUE) == STATUS_INVALID_PARAMETER);
  return STATUS_SUCCESS;
}
