// Checks structured exception handling as a compiler makes it: __try, __except and __finally.
// Loads on: w2k and later on x86, which export _except_handler3; every x64 release. Expected: DriverEntry returns STATUS_SUCCESS,
// and so does control code 0x222003, which probes and locks what user mode sent.
#define DEVICE L"Exceptions"
#define SOURCE "exceptions.c"
#include "testdriver.h"

#define IGNORED 0xE0000001
#define WANTED 0xE0000002

NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD record);

static char steps[64];
static ULONG stepCount;
static ULONG seenCode, seenFlags;
static ULONG_PTR seenInformation, seenAddress;
static volatile ULONG target;
static PDRIVER_OBJECT self;

static VOID Step(char step) {
  if (stepCount < sizeof steps - 1) steps[stepCount++] = step;
  steps[stepCount] = 0;
}

static BOOLEAN Saw(const char *expected) {
  BOOLEAN same = TRUE;
  ULONG i = 0;
  for (; expected[i]; i++)
    if (steps[i] != expected[i]) same = FALSE;
  if (steps[i]) same = FALSE;
  if (!same) DbgPrint("%s: saw %s, expected %s\n", SOURCE, steps, expected);
  stepCount = 0;
  steps[0] = 0;
  return same;
}

// The compiler is not to know that this never returns: it would leave out scopes.
static volatile BOOLEAN always = TRUE;
static DECLSPEC_NOINLINE VOID Raise(ULONG code) {
  if (always) ExRaiseStatus((NTSTATUS)code);
}

static DECLSPEC_NOINLINE int Note(PEXCEPTION_POINTERS pointers, char step, int decision) {
  Step(step);
  seenCode = (ULONG)pointers->ExceptionRecord->ExceptionCode;
  seenFlags = pointers->ExceptionRecord->ExceptionFlags;
  seenInformation = pointers->ExceptionRecord->NumberParameters > 1 ? pointers->ExceptionRecord->ExceptionInformation[1] : 0;
  seenAddress = (ULONG_PTR)pointers->ExceptionRecord->ExceptionAddress;
  return decision;
}

static DECLSPEC_NOINLINE ULONG Catch(ULONG code) {
  __try {
    Raise(code);
    Step('x');
  } __except (Note(GetExceptionInformation(), 'f', EXCEPTION_EXECUTE_HANDLER)) {
    Step('h');
    return (ULONG)GetExceptionCode();
  }
  return 0;
}

// The filter of the outer scope runs before the inner termination handler.
static DECLSPEC_NOINLINE VOID Nested(VOID) {
  __try {
    __try {
      __try {
        Step('1');
        Raise(WANTED);
      } __except (Note(GetExceptionInformation(), 'i', GetExceptionCode() == IGNORED)) {
        Step('x');
      }
    } __finally {
      Step(AbnormalTermination() ? 't' : 'n');
    }
  } __except (Note(GetExceptionInformation(), 'o', GetExceptionCode() == WANTED)) {
    Step('h');
  }
}

static DECLSPEC_NOINLINE VOID Normal(VOID) {
  __try {
    Step('1');
  } __finally {
    Step(AbnormalTermination() ? 't' : 'n');
  }
}

static DECLSPEC_NOINLINE VOID Deep(int depth, ULONG code) {
  __try {
    if (depth > 0)
      Deep(depth - 1, code);
    else
      Raise(code);
    Step('x');
  } __finally {
    Step('t');
  }
}

static DECLSPEC_NOINLINE VOID Through(VOID) {
  __try {
    Deep(3, WANTED);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    Step('h');
  }
}

// A store through a register that a filter corrects.
static DECLSPEC_NOINLINE VOID Store(volatile ULONG *place) {
#ifdef _WIN64
  __asm__ volatile("movl $7, (%0)" : : "c"(place) : "memory");
#else
  __asm__ volatile("movl $7, (%0)" : : "c"(place) : "memory");
#endif
}

static DECLSPEC_NOINLINE int Correct(PEXCEPTION_POINTERS pointers) {
  Note(pointers, 'c', 0);
#ifdef _WIN64
  pointers->ContextRecord->Rcx = (ULONG_PTR)&target;
#else
  pointers->ContextRecord->Ecx = (ULONG_PTR)&target;
#endif
  return EXCEPTION_CONTINUE_EXECUTION;
}

static DECLSPEC_NOINLINE VOID Continue(VOID) {
  __try {
    Store((volatile ULONG *)0x40);
    Step('d');
  } __except (Correct(GetExceptionInformation())) {
    Step('x');
  }
}

static DECLSPEC_NOINLINE VOID Breakpoint(VOID) { __asm__ volatile("int3\n\tnop"); }
static DECLSPEC_NOINLINE VOID Undefined(VOID) { __asm__ volatile("ud2"); }
static DECLSPEC_NOINLINE ULONG Divide(volatile ULONG *by) { return 100 / *by; }

static DECLSPEC_NOINLINE int Skip(PEXCEPTION_POINTERS pointers) {
#ifdef _WIN64
  PUCHAR next = (PUCHAR)pointers->ContextRecord->Rip;
  pointers->ContextRecord->Rip++;
#else
  PUCHAR next = (PUCHAR)(ULONG_PTR)pointers->ContextRecord->Eip;
  pointers->ContextRecord->Eip++;
#endif
  Note(pointers, *next == 0xCC && (PVOID)next == pointers->ExceptionRecord->ExceptionAddress ? 's' : 'x', 0);
  return EXCEPTION_CONTINUE_EXECUTION;
}

static DECLSPEC_NOINLINE VOID SkipBreakpoint(VOID) {
  __try {
    Breakpoint();
    Step('d');
  } __except (Skip(GetExceptionInformation())) {
    Step('x');
  }
}

static DECLSPEC_NOINLINE ULONG Processor(int which) {
  static volatile ULONG zero;
  __try {
    if (which == 0) target = Divide(&zero);
    if (which == 1) Undefined();
    if (which == 2) Store((volatile ULONG *)0x1234);
  } __except (Note(GetExceptionInformation(), 'f', EXCEPTION_EXECUTE_HANDLER)) {
    return (ULONG)GetExceptionCode();
  }
  return 0;
}

// An exception in a filter: all handlers are asked about it, the filter's own first.
static DECLSPEC_NOINLINE int RaisingFilter(ULONG handled, ULONG code) {
  Step('r');
  if (handled == code) return EXCEPTION_CONTINUE_SEARCH;
  Raise(code);
  return EXCEPTION_EXECUTE_HANDLER;
}

static DECLSPEC_NOINLINE VOID InFilter(VOID) {
  __try {
    __try {
      Raise(WANTED);
    } __except (RaisingFilter((ULONG)GetExceptionCode(), IGNORED)) {
      Step('x');
    }
  } __except (Note(GetExceptionInformation(), 'o', GetExceptionCode() == IGNORED)) {
    Step('h');
  }
}

// An exception in a termination handler replaces the one whose unwind runs it.
static DECLSPEC_NOINLINE VOID InFinally(VOID) {
  __try {
    __try {
      __try {
        Raise(WANTED);
      } __finally {
        Step('t');
        Raise(IGNORED);
      }
    } __finally {
      Step('u');
    }
  } __except (Note(GetExceptionInformation(), 'o', EXCEPTION_EXECUTE_HANDLER)) {
    Step(GetExceptionCode() == IGNORED ? 'h' : 'x');
  }
}

// Going on after an exception that cannot be continued is an exception.
static DECLSPEC_NOINLINE VOID NotContinuable(VOID) {
  __try {
    __try {
      Raise(WANTED);
    } __except (Note(GetExceptionInformation(), 'i', GetExceptionCode() == WANTED ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH)) {
      Step('x');
    }
  } __except (Note(GetExceptionInformation(), 'o', GetExceptionCode() == STATUS_NONCONTINUABLE_EXCEPTION)) {
    Step('h');
  }
}

static DECLSPEC_NOINLINE VOID WithRecord(VOID) {
  EXCEPTION_RECORD record = {0};
  record.ExceptionCode = (NTSTATUS)WANTED;
  record.NumberParameters = 2;
  record.ExceptionInformation[1] = 0x5678;
  __try {
    RtlRaiseException(&record);
    Step('d');
  } __except (Note(GetExceptionInformation(), 'c', EXCEPTION_CONTINUE_EXECUTION)) {
    Step('x');
  }
}

// What callee-saved registers hold survives: sums over calls that raise.
static DECLSPEC_NOINLINE ULONG Many(ULONG count) {
  ULONG a = 1, b = 2, c = 3, d = 4, sum = 0;
  for (ULONG i = 0; i < count; i++) {
    __try {
      a += i;
      Raise(WANTED + (i & 1));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      sum += (ULONG)GetExceptionCode() - WANTED;
    }
    b += a;
    c ^= b;
    d += c & 1;
  }
  return sum + (a + b + c + d) * 0;
}

static DECLSPEC_NOINLINE VOID CatchProbe(PVOID address, SIZE_T size, ULONG alignment, ULONG expected) {
  __try {
    ProbeForWrite(address, size, alignment);
    Step(expected ? 'x' : 'g');
  } __except (Note(GetExceptionInformation(), 'f', EXCEPTION_EXECUTE_HANDLER)) {
    Step((ULONG)GetExceptionCode() == expected ? 'g' : 'x');
  }
}

static DECLSPEC_NOINLINE NTSTATUS LockAt(PVOID address) {
  PMDL mdl = IoAllocateMdl(address, 0x1800, FALSE, FALSE, NULL);
  NTSTATUS status = STATUS_SUCCESS;
  if (!mdl) return STATUS_INSUFFICIENT_RESOURCES;
  __try {
    MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    MmUnlockPages(mdl);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = GetExceptionCode();
  }
  IoFreeMdl(mdl);
  return status;
}

// The kernel calls the driver, which raises: whoever called the kernel handles it.
static DECLSPEC_NOINLINE ULONG ThroughKernel(VOID) {
  ULONG code = 0;
  PIRP irp = IoAllocateIrp(2, FALSE);
  if (!irp) return 0;
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
  __try {
    __try {
      IoCallDriver(self->DeviceObject, irp);
    } __finally {
      Step(AbnormalTermination() ? 't' : 'n');
    }
  } __except (Note(GetExceptionInformation(), 'f', EXCEPTION_EXECUTE_HANDLER)) {
    code = (ULONG)GetExceptionCode();
  }
  IoFreeIrp(irp);
  return code;
}

static NTSTATUS NTAPI RaisingDispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(irp);
  __try {
    Raise(WANTED);
  } __finally {
    Step('d');
  }
  return STATUS_SUCCESS;
}

static NTSTATUS Check(VOID) {
  CHECK(Catch(WANTED) == WANTED);
  CHECK(Saw("fh"));
  CHECK(seenCode == WANTED && (seenFlags & EXCEPTION_NONCONTINUABLE));
  Nested();
  CHECK(Saw("1ioth"));
  Normal();
  CHECK(Saw("1n"));
  Through();
  CHECK(Saw("tttth"));
  Continue();
  CHECK(Saw("cd") && target == 7);
  CHECK(seenCode == (ULONG)STATUS_ACCESS_VIOLATION && seenInformation == 0x40);
  SkipBreakpoint();
  CHECK(Saw("sd"));
  CHECK(Processor(0) == (ULONG)STATUS_INTEGER_DIVIDE_BY_ZERO);
  CHECK(Processor(1) == (ULONG)STATUS_ILLEGAL_INSTRUCTION);
  CHECK(seenAddress >= (ULONG_PTR)Undefined && seenAddress < (ULONG_PTR)Undefined + 16);
  CHECK(Processor(2) == (ULONG)STATUS_ACCESS_VIOLATION && seenInformation == 0x1234);
  CHECK(Saw("fff"));
  InFilter();
  CHECK(Saw("rroh"));
  InFinally();
  CHECK(Saw("otouh"));
  NotContinuable();
  CHECK(Saw("iioh"));
  WithRecord();
  CHECK(Saw("cd") && seenInformation == 0x5678 && !(seenFlags & EXCEPTION_NONCONTINUABLE));
  CHECK(Many(100) == 50);
  CatchProbe((PVOID)(ULONG_PTR)&target, 4, 4, (ULONG)STATUS_ACCESS_VIOLATION);
  CatchProbe((PVOID)0x1002, 4, 4, (ULONG)STATUS_DATATYPE_MISALIGNMENT);
  CHECK(Saw("fgfg"));
  CHECK(LockAt((PVOID)0x10000) == STATUS_ACCESS_VIOLATION);
  CHECK(LockAt((PVOID)&steps) == STATUS_ACCESS_VIOLATION);
  CHECK(ThroughKernel() == WANTED);
  CHECK(Saw("fdt"));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (stack->MajorFunction != IRP_MJ_DEVICE_CONTROL) return Complete(irp, STATUS_SUCCESS, 0);
  if (stack->Parameters.DeviceIoControl.IoControlCode != CODE(0, METHOD_NEITHER)) return Complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  NTSTATUS status = Check();
  if (NT_SUCCESS(status) && stack->Parameters.DeviceIoControl.OutputBufferLength >= 4) {
    __try {
      ProbeForWrite(irp->UserBuffer, 4, 1);
      *(volatile UCHAR *)irp->UserBuffer = 0x5A;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      status = GetExceptionCode();
    }
  }
  return Complete(irp, status, 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  NTSTATUS status = CreateDevice(driver, 0);
  if (!NT_SUCCESS(status)) return status;
  self = driver;
  driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = RaisingDispatch;
  status = Check();
  if (!NT_SUCCESS(status)) DeleteDevice(driver);
  return status;
}
