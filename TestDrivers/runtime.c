// What compilers and the run-time library ask of the kernel: stack probes, traces of the stack, sorting, tables and splay trees
// whose routines are the driver's. It handles exceptions with __try, so that its images have unwind tables.
// Loads on: wxp and later (x86), ws03sp1 and later (x64).
//
// No device. DriverEntry returns STATUS_SUCCESS only if every result is right; so it must, on every release.
#define SOURCE "runtime.c"
#include "testdriver.h"

#define NOINLINE __attribute__((noinline))

// The headers turn it into an assignment of null.
#undef RtlGetCallersAddress

NTSYSAPI USHORT NTAPI RtlCaptureStackBackTrace(ULONG skip, ULONG count, PVOID *trace, PULONG hash);
NTSYSAPI ULONG NTAPI RtlWalkFrameChain(PVOID *callers, ULONG count, ULONG flags);
NTSYSAPI VOID NTAPI RtlGetCallersAddress(PVOID *caller, PVOID *callersCaller);
NTSYSAPI ULONG NTAPI RtlRandomEx(PULONG seed);
void __cdecl qsort(void *base, size_t count, size_t width, int(__cdecl *compare)(const void *, const void *));

static PVOID outerReturn, innerReturn;
static PVOID volatile frames[2];

static NOINLINE NTSTATUS Inner(VOID) {
  PVOID trace[8] = {0}, again[8] = {0}, caller = NULL, callersCaller = NULL;
  ULONG hash = 0, hashAgain = 0;
  frames[0] = __builtin_frame_address(0);
  innerReturn = __builtin_return_address(0);
  ULONG count = RtlCaptureStackBackTrace(0, 8, trace, &hash);
  CHECK(count >= 3);
  CHECK((ULONG_PTR)trace[0] - (ULONG_PTR)Inner < 0x400);
  CHECK(trace[1] == innerReturn && trace[2] == outerReturn);
  CHECK(RtlCaptureStackBackTrace(1, 2, again, &hashAgain) == 2);
  CHECK(again[0] == innerReturn && again[1] == outerReturn && again[2] == NULL);
  CHECK(RtlWalkFrameChain(again, 3, 0) == 3);
  CHECK(again[1] == innerReturn && again[2] == outerReturn);
  RtlGetCallersAddress(&caller, &callersCaller);
  CHECK(caller == innerReturn && callersCaller == outerReturn);
  return STATUS_SUCCESS;
}

static NOINLINE NTSTATUS Outer(VOID) {
  frames[1] = __builtin_frame_address(0);
  outerReturn = __builtin_return_address(0);
  NTSTATUS status = Inner();
  return status == STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

// Calls the stack probe as compilers do. On x86 it makes the room itself, on x64 its caller does.
static NOINLINE ULONG_PTR Probe(ULONG_PTR size) {
  ULONG_PTR before, after;
#ifdef _M_IX86
  __asm__ volatile(
      "movl %%esp, %0\n movl %2, %%eax\n calll __alloca_probe\n movl %%esp, %1\n movl %0, %%esp"
      : "=&b"(before), "=&S"(after) : "D"(size) : "eax", "ecx", "edx", "memory", "cc");
#else
  __asm__ volatile(
      "movq %%rsp, %0\n movq %2, %%rax\n callq __chkstk\n subq %%rax, %%rsp\n movq %%rsp, %1\n movq %0, %%rsp"
      : "=&b"(before), "=&S"(after) : "D"(size) : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
#endif
  return before - after;
}

static int __cdecl Compare(const void *first, const void *second) {
  ULONG a = *(const ULONG *)first, b = *(const ULONG *)second;
  return a < b ? -1 : a > b;
}

static NTSTATUS Sort(VOID) {
  static ULONG numbers[50];
  ULONG seed = 7, other = 7;
  for (ULONG i = 0; i < 50; i++) {
    numbers[i] = RtlRandomEx(&seed);
    CHECK(numbers[i] < MAXLONG);
    CHECK(RtlRandomEx(&other) == numbers[i] && seed == other);
  }
  qsort(numbers, 50, sizeof(ULONG), Compare);
  for (ULONG i = 1; i < 50; i++) CHECK(numbers[i - 1] <= numbers[i]);
  return STATUS_SUCCESS;
}

static LONG allocated;

static RTL_GENERIC_COMPARE_RESULTS NTAPI CompareElements(PRTL_GENERIC_TABLE table, PVOID first, PVOID second) {
  (void)table;
  ULONG a = *(PULONG)first, b = *(PULONG)second;
  return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI Allocate(PRTL_GENERIC_TABLE table, CLONG size) {
  (void)table;
  allocated++;
  return ExAllocatePoolWithTag(NonPagedPool, (SIZE_T)size, 'lbaT');
}

static VOID NTAPI Free(PRTL_GENERIC_TABLE table, PVOID block) {
  (void)table;
  allocated--;
  ExFreePool(block);
}

static NTSTATUS Table(VOID) {
  static RTL_GENERIC_TABLE table;
  BOOLEAN isNew;
  RtlInitializeGenericTable(&table, CompareElements, Allocate, Free, NULL);
  CHECK(RtlIsGenericTableEmpty(&table));
  for (ULONG i = 0; i < 40; i++) {
    ULONG value = i * 17 % 40;
    CHECK(*(PULONG)RtlInsertElementGenericTable(&table, &value, sizeof value, &isNew) == value && isNew);
    CHECK(RtlInsertElementGenericTable(&table, &value, sizeof value, &isNew) && !isNew);
  }
  CHECK(RtlNumberGenericTableElements(&table) == 40 && allocated == 40);
  ULONG expected = 0;
  for (PULONG p = RtlEnumerateGenericTable(&table, TRUE); p; p = RtlEnumerateGenericTable(&table, FALSE))
    CHECK(*p == expected++);
  CHECK(expected == 40);
  CHECK(*(PULONG)RtlGetElementGenericTable(&table, 2) == 34);
  for (ULONG i = 0; i < 40; i++) {
    CHECK(RtlLookupElementGenericTable(&table, &i));
    CHECK(RtlDeleteElementGenericTable(&table, &i));
    CHECK(!RtlLookupElementGenericTable(&table, &i));
  }
  CHECK(RtlIsGenericTableEmpty(&table) && allocated == 0);
  return STATUS_SUCCESS;
}

static NTSTATUS Everything(VOID) {
  NTSTATUS status = Outer();
  if (NT_SUCCESS(status)) status = Sort();
  if (NT_SUCCESS(status)) status = Table();
  if (!NT_SUCCESS(status)) return status;
  CHECK(Probe(0x1800) == 0x1800);
  CHECK(Probe(16) == 16);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  (void)driver;
  (void)path;
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  __try {
    status = Everything();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = STATUS_UNSUCCESSFUL;
  }
  return status;
}
