// Queues APCs to itself and to a thread that waits, and hands entries to threads that take them from a queue.
// Loads on: nt310 and later.
//
// \Device\ApcQueue. DriverEntry queues a normal kernel APC to its own thread, which runs before KeInsertQueueApc
// returns to it, and not while a critical region or APC_LEVEL holds it back; then one to a thread that waits for an event,
// whose wait goes on afterwards; then three entries to two threads that take them from a KQUEUE, which are run down.
// DriverEntry returns STATUS_SUCCESS only if all come in the right order; so it must, on every release.
#define DEVICE L"ApcQueue"
#define SOURCE "apc-queue.c"
#include "testdriver.h"

typedef VOID(NTAPI *NORMAL_ROUTINE)(PVOID context, PVOID first, PVOID second);
typedef VOID(NTAPI *KERNEL_ROUTINE)(PKAPC apc, NORMAL_ROUTINE *normal, PVOID *context, PVOID *first, PVOID *second);
NTKERNELAPI VOID NTAPI KeInitializeApc(PKAPC apc, PVOID thread, ULONG environment, KERNEL_ROUTINE kernel, PVOID rundown,
                                       NORMAL_ROUTINE normal, CHAR mode, PVOID context);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC apc, PVOID first, PVOID second, LONG increment);

// KQUEUE, which only ntifs.h declares: a dispatcher header, the entries, two counts and the threads.
typedef struct {
  DISPATCHER_HEADER header;
  LIST_ENTRY entries;
  ULONG current, maximum;
  LIST_ENTRY threads;
} QUEUE;
NTKERNELAPI VOID NTAPI KeInitializeQueue(QUEUE *queue, ULONG count);
NTKERNELAPI LONG NTAPI KeInsertQueue(QUEUE *queue, PLIST_ENTRY entry);
NTKERNELAPI PLIST_ENTRY NTAPI KeRemoveQueue(QUEUE *queue, KPROCESSOR_MODE mode, PLARGE_INTEGER timeout);
NTKERNELAPI PLIST_ENTRY NTAPI KeRundownQueue(QUEUE *queue);

static KAPC apc;
static ULONG kernelCalls, normalCalls, wrong;
static KEVENT event, began;
static QUEUE queue;
static LIST_ENTRY entries[3], last[2];
static ULONG taken;
static PVOID threads[3];

static VOID NTAPI KernelRoutine(PKAPC which, NORMAL_ROUTINE *normal, PVOID *context, PVOID *first, PVOID *second) {
  UNREFERENCED_PARAMETER(normal);
  if (which != &apc || KeGetCurrentIrql() != APC_LEVEL) wrong++;
  if (*context != &apc || *first != (PVOID)1 || *second != (PVOID)2) wrong++;
  *second = (PVOID)3;
  kernelCalls++;
}

static VOID NTAPI NormalRoutine(PVOID context, PVOID first, PVOID second) {
  if (context != &apc || first != (PVOID)1 || second != (PVOID)3) wrong++;
  if (KeGetCurrentIrql() != PASSIVE_LEVEL) wrong++;
  normalCalls++;
}

static VOID Prepare(PVOID thread) {
  KeInitializeApc(&apc, thread, 0, KernelRoutine, NULL, NormalRoutine, KernelMode, &apc);
}

static NTSTATUS RunOwn(VOID) {
  Prepare(KeGetCurrentThread());
  CHECK(KeInsertQueueApc(&apc, (PVOID)1, (PVOID)2, 0));
  CHECK(kernelCalls == 1 && normalCalls == 1);
  Prepare(KeGetCurrentThread());
  KeEnterCriticalRegion();
  CHECK(KeInsertQueueApc(&apc, (PVOID)1, (PVOID)2, 0));
  CHECK(!KeInsertQueueApc(&apc, (PVOID)1, (PVOID)2, 0));
  CHECK(normalCalls == 1);
  KeLeaveCriticalRegion();
  CHECK(kernelCalls == 2 && normalCalls == 2 && !wrong);
  return STATUS_SUCCESS;
}

static VOID NTAPI Waiter(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  KeSetEvent(&began, IO_NO_INCREMENT, FALSE);
  if (KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL) != STATUS_SUCCESS) wrong++;
  if (normalCalls != 3) wrong++;
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI Taker(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  for (;;) {
    PLIST_ENTRY entry = KeRemoveQueue(&queue, KernelMode, NULL);
    if (entry == &last[0] || entry == &last[1]) break;
    if (entry != &entries[taken]) wrong++;
    taken++;
  }
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS Start(PKSTART_ROUTINE routine, PVOID *thread) {
  HANDLE handle;
  NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, NULL);
  if (!NT_SUCCESS(status)) return status;
  status = ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, thread, NULL);
  ZwClose(handle);
  return status;
}

static VOID Join(PVOID *thread) {
  KeWaitForSingleObject(*thread, Executive, KernelMode, FALSE, NULL);
  ObDereferenceObject(*thread);
  *thread = NULL;
}

static NTSTATUS RunOther(VOID) {
  LARGE_INTEGER moment = {.QuadPart = -100000};
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  KeInitializeEvent(&began, NotificationEvent, FALSE);
  CHECK(NT_SUCCESS(Start(Waiter, &threads[0])));
  KeWaitForSingleObject(&began, Executive, KernelMode, FALSE, NULL);
  // The thread waits by now.
  KeDelayExecutionThread(KernelMode, FALSE, &moment);
  Prepare(threads[0]);
  CHECK(KeInsertQueueApc(&apc, (PVOID)1, (PVOID)2, 0));
  KeDelayExecutionThread(KernelMode, FALSE, &moment);
  CHECK(kernelCalls == 3 && normalCalls == 3);
  KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
  Join(&threads[0]);
  CHECK(!wrong);
  return STATUS_SUCCESS;
}

static NTSTATUS RunQueue(VOID) {
  LARGE_INTEGER moment = {.QuadPart = -100000}, none = {.QuadPart = 0};
  KeInitializeQueue(&queue, 0);
  CHECK(KeRemoveQueue(&queue, KernelMode, &none) == (PLIST_ENTRY)STATUS_TIMEOUT);
  CHECK(NT_SUCCESS(Start(Taker, &threads[1])));
  CHECK(NT_SUCCESS(Start(Taker, &threads[2])));
  KeDelayExecutionThread(KernelMode, FALSE, &moment);
  for (ULONG i = 0; i < 3; i++) CHECK(KeInsertQueue(&queue, &entries[i]) == (LONG)i);
  KeDelayExecutionThread(KernelMode, FALSE, &moment);
  CHECK(taken == 3);
  for (ULONG i = 0; i < 2; i++) KeInsertQueue(&queue, &last[i]);
  Join(&threads[1]);
  Join(&threads[2]);
  CHECK(!wrong);
  for (ULONG i = 0; i < 3; i++) KeInsertQueue(&queue, &entries[i]);
  CHECK(KeRundownQueue(&queue) == &entries[0]);
  CHECK(entries[2].Flink == &entries[0] && entries[0].Blink == &entries[2]);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return Complete(irp, STATUS_SUCCESS, 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  NTSTATUS status = RunOwn();
  if (NT_SUCCESS(status)) status = RunOther();
  if (NT_SUCCESS(status)) status = RunQueue();
  if (NT_SUCCESS(status)) status = CreateDevice(driver, 0);
  return status;
}
