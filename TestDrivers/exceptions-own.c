// Handles exceptions without the kernel's handlers: on x86 with a handler of its own on the list at fs:[0], which unwinds to itself
// and goes on, as a handler that is linked into a driver does; on x64 it walks its own stack by the unwind tables.
// Loads on: every release, both without newer imports. Expected: DriverEntry returns STATUS_SUCCESS.
#define SOURCE "exceptions-own.c"
#include "testdriver.h"

static volatile BOOLEAN always = TRUE;

#ifdef _WIN64

typedef struct {
  ULONG BeginAddress, EndAddress, UnwindData;
} *PRUNTIME_FUNCTION;

NTSYSAPI PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 pc, PULONG64 base, PVOID history);
NTSYSAPI PVOID NTAPI RtlVirtualUnwind(ULONG kind, ULONG64 base, ULONG64 pc, PRUNTIME_FUNCTION entry, PCONTEXT context,
                                      PVOID *data, PULONG64 frame, PVOID pointers);
NTSYSAPI VOID NTAPI RtlCaptureContext(PCONTEXT context);
NTSYSAPI VOID NTAPI RtlRestoreContext(PCONTEXT context, PEXCEPTION_RECORD record);

// Returns how many frames up the function at an address is, or -1.
static DECLSPEC_NOINLINE int DistanceTo(ULONG64 start, ULONG64 end) {
  CONTEXT context;
  RtlCaptureContext(&context);
  for (int count = 0; count < 8; count++) {
    if (context.Rip >= start && context.Rip < end) return count;
    ULONG64 base, frame;
    PVOID data;
    PRUNTIME_FUNCTION entry = RtlLookupFunctionEntry(context.Rip, &base, NULL);
    if (!entry) return -1;
    RtlVirtualUnwind(0, base, context.Rip, entry, &context, &data, &frame, NULL);
  }
  return -1;
}

static DECLSPEC_NOINLINE int Third(ULONG64 start, ULONG64 end) {
  volatile char space[200];
  space[0] = 1;
  return DistanceTo(start, end) + (space[0] - 1);
}

static DECLSPEC_NOINLINE int Second(ULONG64 start, ULONG64 end, int depth) {
  int result = depth > 0 ? Second(start, end, depth - 1) : Third(start, end);
  return always ? result : 0;
}

static DECLSPEC_NOINLINE int First(int depth) {
  ULONG64 base;
  PRUNTIME_FUNCTION entry = RtlLookupFunctionEntry((ULONG64)First, &base, NULL);
  if (!entry) return -2;
  int result = Second(base + entry->BeginAddress, base + entry->EndAddress, depth);
  return always ? result : 0;
}

static DECLSPEC_NOINLINE int Twice(VOID) {
  volatile int count = 0;
  CONTEXT context;
  RtlCaptureContext(&context);
  count++;
  if (count < 3) RtlRestoreContext(&context, NULL);
  return count;
}

static NTSTATUS Check(VOID) {
  CHECK(First(0) == 3);
  CHECK(First(2) == 5);
  CHECK(Twice() == 3);
  return STATUS_SUCCESS;
}

#else

NTSYSAPI VOID NTAPI RtlUnwind(PVOID frame, PVOID ip, PEXCEPTION_RECORD record, PVOID result);

typedef struct Registration {
  struct Registration *next;
  PVOID handler;
  void *target[5];
  ULONG unwound;
} Registration;

static ULONG raised;

static inline Registration *Head(VOID) {
  Registration *head;
  __asm__ volatile("movl %%fs:0, %0" : "=r"(head));
  return head;
}

static inline VOID SetHead(Registration *head) { __asm__ volatile("movl %0, %%fs:0" : : "r"(head) : "memory"); }

static EXCEPTION_DISPOSITION __cdecl Handler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context, PVOID dispatcher) {
  Registration *registration = frame;
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(dispatcher);
  if (record->ExceptionFlags & 6) {
    registration->unwound++;
    return ExceptionContinueSearch;
  }
  if (!registration->target[0]) return ExceptionContinueSearch;
  raised = (ULONG)record->ExceptionCode;
  RtlUnwind(registration, NULL, record, NULL);
  __builtin_longjmp(registration->target, 1);
}

static DECLSPEC_NOINLINE VOID Raise(ULONG code) {
  if (always) ExRaiseStatus((NTSTATUS)code);
}

// Its handler only looks on while the frame goes away.
static DECLSPEC_NOINLINE VOID Pass(ULONG code, Registration *inner) {
  inner->next = Head();
  inner->handler = Handler;
  inner->target[0] = NULL;
  inner->unwound = 0;
  SetHead(inner);
  Raise(code);
}

static DECLSPEC_NOINLINE NTSTATUS Catch(ULONG code) {
  // On the stack below this one, as the list must be.
  struct {
    Registration inner, outer;
  } volatile frames;
  Registration *outer = (Registration *)&frames.outer, *before = Head();
  outer->next = before;
  outer->handler = Handler;
  outer->unwound = 0;
  if (__builtin_setjmp(outer->target) == 0) {
    SetHead(outer);
    Pass(code, (Registration *)&frames.inner);
    return STATUS_UNSUCCESSFUL;
  }
  CHECK(Head() == outer);
  CHECK(raised == code);
  CHECK(frames.inner.unwound == 1 && frames.outer.unwound == 0);
  SetHead(before);
  return STATUS_SUCCESS;
}

static NTSTATUS Check(VOID) {
  for (ULONG i = 0; i < 200; i++) CHECK(NT_SUCCESS(Catch(0xE0000000 + i)));
  return STATUS_SUCCESS;
}

#endif

VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  return Check();
}
