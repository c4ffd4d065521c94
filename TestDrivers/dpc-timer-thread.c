// Lets a DPC, a timer and a system thread take turns, and waits for each of them.
// Loads on: nt310 and later.
//
// \Device\DpcTimerThread. DriverEntry queues a DPC and waits for the event that it sets; then it starts a thread and a
// 10 ms timer whose DPC wakes the thread. Control code 0x222000 (buffered) returns three ULONGs: DPCs run, timers fired,
// wakes of the thread; after DriverEntry they are 1, 1, 1. Unload asks the thread to end, and waits for that.
// DriverEntry returns STATUS_SUCCESS only if each wait ends as it should; so it must, on every release.
#define DEVICE L"DpcTimerThread"
#define SOURCE "dpc-timer-thread.c"
#include "testdriver.h"

static KDPC plainDpc, timerDpc;
static KTIMER timer;
static KEVENT dpcRan, wake, done;
static PVOID thread;
static BOOLEAN stop;
static ULONG counts[3];

static VOID NTAPI CountDpc(PKDPC dpc, PVOID context, PVOID first, PVOID second) {
  UNREFERENCED_PARAMETER(dpc);
  if (context == counts && first == (PVOID)1 && second == (PVOID)2) counts[0]++;
  KeSetEvent(&dpcRan, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI TimerDpc(PKDPC dpc, PVOID context, PVOID first, PVOID second) {
  UNREFERENCED_PARAMETER(dpc);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(first);
  UNREFERENCED_PARAMETER(second);
  counts[1]++;
  KeSetEvent(&wake, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI Thread(PVOID context) {
  for (;;) {
    KeWaitForSingleObject(&wake, Executive, KernelMode, FALSE, NULL);
    if (stop) break;
    ((ULONG *)context)[2]++;
    KeSetEvent(&done, IO_NO_INCREMENT, FALSE);
  }
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS RunDpc(VOID) {
  KeInitializeEvent(&dpcRan, NotificationEvent, FALSE);
  KeInitializeDpc(&plainDpc, CountDpc, counts);
  LARGE_INTEGER noTime = {.QuadPart = 0};
  CHECK(KeWaitForSingleObject(&dpcRan, Executive, KernelMode, FALSE, &noTime) == STATUS_TIMEOUT);
  CHECK(KeInsertQueueDpc(&plainDpc, (PVOID)1, (PVOID)2));
  CHECK(KeWaitForSingleObject(&dpcRan, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
  CHECK(counts[0] == 1);
  CHECK(KeResetEvent(&dpcRan) != 0);
  CHECK(KeReadStateEvent(&dpcRan) == 0);
  return STATUS_SUCCESS;
}

static NTSTATUS StartThread(VOID) {
  KeInitializeEvent(&wake, SynchronizationEvent, FALSE);
  KeInitializeEvent(&done, SynchronizationEvent, FALSE);
  HANDLE handle;
  NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Thread, counts);
  if (!NT_SUCCESS(status)) return status;
  status = ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &thread, NULL);
  ZwClose(handle);
  return status;
}

static VOID StopThread(VOID) {
  if (!thread) return;
  stop = TRUE;
  KeSetEvent(&wake, IO_NO_INCREMENT, FALSE);
  KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
  ObDereferenceObject(thread);
  thread = NULL;
}

static NTSTATUS RunTimer(VOID) {
  LARGE_INTEGER tenMilliseconds = {.QuadPart = -100000}, second = {.QuadPart = -10000000};
  KeInitializeDpc(&timerDpc, TimerDpc, NULL);
  KeInitializeTimer(&timer);
  CHECK(!KeSetTimer(&timer, tenMilliseconds, &timerDpc));
  CHECK(KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, &second) == STATUS_SUCCESS);
  CHECK(counts[1] == 1 && counts[2] == 1);
  CHECK(!KeCancelTimer(&timer));
  CHECK(!KeSetTimer(&timer, second, &timerDpc));
  CHECK(KeCancelTimer(&timer));
  CHECK(NT_SUCCESS(KeDelayExecutionThread(KernelMode, FALSE, &tenMilliseconds)));
  CHECK(counts[1] == 1);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (stack->MajorFunction != IRP_MJ_DEVICE_CONTROL) return Complete(irp, STATUS_SUCCESS, 0);
  if (stack->Parameters.DeviceIoControl.IoControlCode != CODE(0, METHOD_BUFFERED))
    return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof counts)
    return Complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
  for (ULONG i = 0; i < 3; i++) ((volatile ULONG *)irp->AssociatedIrp.SystemBuffer)[i] = counts[i];
  return Complete(irp, STATUS_SUCCESS, sizeof counts);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  KeCancelTimer(&timer);
  StopThread();
  DeleteDevice(driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  NTSTATUS status = RunDpc();
  if (NT_SUCCESS(status)) status = StartThread();
  if (NT_SUCCESS(status)) status = RunTimer();
  if (NT_SUCCESS(status)) status = CreateDevice(driver, 0);
  if (!NT_SUCCESS(status)) StopThread();
  return status;
}
