// Hostile: raises exceptions that no handler may handle, or that wrong handlers get, on control codes of \Device\ExceptionsHostile:
// 0x222000 with a stack (x64) or a list of handlers (x86) that leads nowhere; 0x222004 a handler returns no disposition;
// 0x222008 a handler goes on after what cannot be continued, for ever; 0x22200C a DPC raises within its queuer's __try;
// 0x222010 (x86) the list of handlers leads in a circle.
// Loads on: w2k and later on x86, every x64 release. Expected: the bug checks for 0xE0000003, 0xC0000026, a double fault, 0xE0000004,
// and on x86 a run that is stopped by its budget.
#define DEVICE L"ExceptionsHostile"
#include "testdriver.h"

static volatile BOOLEAN always = TRUE;
static int disposition;
static KDPC dpc;

static DECLSPEC_NOINLINE VOID Raise(ULONG code) {
  if (always) ExRaiseStatus((NTSTATUS)code);
}

EXCEPTION_DISPOSITION __cdecl Wrong(PEXCEPTION_RECORD record, PVOID frame, PVOID context, PVOID dispatcher) {
  UNREFERENCED_PARAMETER(frame);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(dispatcher);
  if (record->ExceptionFlags & 6) return ExceptionContinueSearch;
  if (disposition == 77 && (ULONG)record->ExceptionCode != 0xE0000002) return ExceptionContinueSearch;
  return (EXCEPTION_DISPOSITION)disposition;
}

#ifdef _WIN64

VOID WithHandler(VOID (*routine)(ULONG), ULONG code);
__asm__(
    ".globl WithHandler\n"
    ".seh_proc WithHandler\n"
    "WithHandler:\n"
    "  subq $40, %rsp\n"
    "  .seh_stackalloc 40\n"
    "  .seh_endprologue\n"
    "  .seh_handler Wrong, @except\n"
    "  movq %rcx, %rax\n"
    "  movl %edx, %ecx\n"
    "  callq *%rax\n"
    "  nop\n"
    "  addq $40, %rsp\n"
    "  retq\n"
    ".seh_endproc\n");

// Raises with nothing but zeros on the stack where return addresses are looked for.
VOID LeadNowhere(VOID);
__asm__(
    ".globl LeadNowhere\n"
    "LeadNowhere:\n"
    "  movl $0xE0000003, %ecx\n"
    "  pushq $0\n"
    "  pushq $0\n"
    "  pushq $0\n"
    "  jmp RaiseGlobal\n");
__attribute__((used)) DECLSPEC_NOINLINE VOID RaiseGlobal(ULONG code) { Raise(code); }

#else

typedef struct Registration {
  struct Registration *next;
  PVOID handler;
} Registration;

static inline VOID SetHead(PVOID head) { __asm__ volatile("movl %0, %%fs:0" : : "r"(head) : "memory"); }

static DECLSPEC_NOINLINE VOID WithHandler(VOID (*routine)(ULONG), ULONG code) {
  Registration registration;
  __asm__ volatile("movl %%fs:0, %0" : "=r"(registration.next));
  registration.handler = (PVOID)Wrong;
  SetHead(&registration);
  routine(code);
  SetHead(registration.next);
}

static DECLSPEC_NOINLINE VOID LeadNowhere(VOID) {
  SetHead((PVOID)0x1235);
  Raise(0xE0000003);
}

static DECLSPEC_NOINLINE VOID Circle(VOID) {
  Registration registration = {&registration, (PVOID)Wrong};
  SetHead(&registration);
  disposition = ExceptionContinueSearch;
  Raise(0xE0000005);
}

#endif

static VOID NTAPI Deferred(PKDPC self, PVOID context, PVOID first, PVOID second) {
  UNREFERENCED_PARAMETER(self);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(first);
  UNREFERENCED_PARAMETER(second);
  Raise(0xE0000004);
}

static DECLSPEC_NOINLINE VOID Queue(VOID) {
  KeInitializeDpc(&dpc, Deferred, NULL);
  __try {
    KeInsertQueueDpc(&dpc, NULL, NULL);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    DbgPrint("caught\n");
  }
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (stack->MajorFunction != IRP_MJ_DEVICE_CONTROL) return Complete(irp, STATUS_SUCCESS, 0);
  switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case CODE(0, METHOD_BUFFERED): LeadNowhere(); break;
    case CODE(1, METHOD_BUFFERED):
      disposition = 77;
      WithHandler(Raise, 0xE0000002);
      break;
    case CODE(2, METHOD_BUFFERED):
      disposition = ExceptionContinueExecution;
      WithHandler(Raise, 0xE0000002);
      break;
    case CODE(3, METHOD_BUFFERED): Queue(); break;
#ifndef _WIN64
    case CODE(4, METHOD_BUFFERED): Circle(); break;
#endif
    default: return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
  return Complete(irp, STATUS_SUCCESS, 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  return CreateDevice(driver, 0);
}
