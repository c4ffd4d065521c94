// Counted strings, lists with and without locks, and the formats of DbgPrint.
// Loads on: nt350 and later (the fastcall list routines).
//
// No device. DriverEntry returns STATUS_SUCCESS only if every result is right; so it must, on every release. It prints:
//   d=-5 u=4294967291 x=beef X=0000BEEF c=L %
//   s=[narrow] 10.3=[       nar] -8=[narrow  ]
//   ws=[wide] S=[wide] wZ=[Wide string] Z=[ansi]
//   ld=-70000 lu=70000 lx=11170 p=00001234        (x64: p=0000000000001234)
#define SOURCE "lists-strings.c"
#include "testdriver.h"

typedef struct {
  LIST_ENTRY link;
  ULONG value;
} ITEM;

static KSPIN_LOCK lock;

static ULONG Value(PLIST_ENTRY entry) { return CONTAINING_RECORD(entry, ITEM, link)->value; }

static NTSTATUS Lists(VOID) {
  static ITEM items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
  static LIST_ENTRY head;
  InitializeListHead(&head);
  CHECK(IsListEmpty(&head));
  InsertTailList(&head, &items[1].link);
  InsertHeadList(&head, &items[0].link);
  InsertTailList(&head, &items[2].link);
  CHECK(Value(head.Flink) == 1 && Value(head.Blink) == 3);
  RemoveEntryList(&items[1].link);
  CHECK(Value(RemoveHeadList(&head)) == 1);
  CHECK(Value(RemoveTailList(&head)) == 3);
  CHECK(IsListEmpty(&head));

  KeInitializeSpinLock(&lock);
  CHECK(ExInterlockedInsertTailList(&head, &items[1].link, &lock) == NULL);
  CHECK(ExInterlockedInsertHeadList(&head, &items[0].link, &lock) == &items[1].link);
  CHECK(ExInterlockedInsertTailList(&head, &items[2].link, &lock) == &items[1].link);
  for (ULONG i = 1; i <= 3; i++) CHECK(Value(ExInterlockedRemoveHeadList(&head, &lock)) == i);
  CHECK(ExInterlockedRemoveHeadList(&head, &lock) == NULL);
  return STATUS_SUCCESS;
}

static NTSTATUS Interlocked(VOID) {
  static volatile LONG count = 5;
  CHECK(InterlockedIncrement(&count) == 6);
  CHECK(InterlockedDecrement(&count) == 5);
  CHECK(InterlockedExchange(&count, 9) == 5);
  CHECK(InterlockedCompareExchange(&count, 11, 9) == 9 && count == 11);
  return STATUS_SUCCESS;
}

static NTSTATUS Strings(VOID) {
  UNICODE_STRING wide, other, copy, number;
  ANSI_STRING ansi, back;
  WCHAR room[8], digits[12];
  RtlInitAnsiString(&ansi, "Lockstep");
  CHECK(ansi.Length == 8 && ansi.MaximumLength == 9);
  CHECK(NT_SUCCESS(RtlAnsiStringToUnicodeString(&wide, &ansi, TRUE)));
  CHECK(wide.Length == 16 && wide.Buffer[7] == L'p');
  CHECK(NT_SUCCESS(RtlUnicodeStringToAnsiString(&back, &wide, TRUE)));
  CHECK(RtlEqualString(&ansi, &back, FALSE));
  CHECK(RtlCompareMemory(ansi.Buffer, back.Buffer, 8) == 8);
  CHECK(RtlCompareMemory("lockstep", "lockstop", 8) == 6);

  RtlInitUnicodeString(&other, L"LOCKSTEP");
  CHECK(RtlCompareUnicodeString(&wide, &other, TRUE) == 0);
  CHECK(RtlCompareUnicodeString(&wide, &other, FALSE) > 0);
  CHECK(!RtlEqualUnicodeString(&wide, &other, FALSE));
  CHECK(NT_SUCCESS(RtlUpcaseUnicodeString(&wide, &wide, FALSE)));
  CHECK(RtlEqualUnicodeString(&wide, &other, FALSE));

  copy.Buffer = room;
  copy.Length = 0;
  copy.MaximumLength = 6 * sizeof(WCHAR);
  RtlCopyUnicodeString(&copy, &other);
  CHECK(copy.Length == 12);
  copy.Length = 4;
  CHECK(NT_SUCCESS(RtlAppendUnicodeToString(&copy, L"AD")));
  CHECK(RtlAppendUnicodeStringToString(&copy, &other) == STATUS_BUFFER_TOO_SMALL);
  CHECK(copy.Length == 8 && room[2] == L'A' && room[3] == L'D');

  number.Buffer = digits;
  number.MaximumLength = sizeof digits;
  CHECK(NT_SUCCESS(RtlIntegerToUnicodeString(199311, 16, &number)));
  RtlInitUnicodeString(&other, L"30A8F");
  CHECK(RtlEqualUnicodeString(&number, &other, TRUE));

  RtlFreeUnicodeString(&wide);
  RtlFreeAnsiString(&back);
  RtlInitUnicodeString(&other, NULL);
  CHECK(other.Length == 0 && other.MaximumLength == 0 && other.Buffer == NULL);
  return STATUS_SUCCESS;
}

static VOID Print(VOID) {
  UNICODE_STRING wide;
  ANSI_STRING ansi;
  RtlInitUnicodeString(&wide, L"Wide string");
  RtlInitAnsiString(&ansi, "ansi");
  DbgPrint("d=%d u=%u x=%x X=%08X c=%c %%\n", -5, -5, 0xBEEF, 0xBEEF, 'L');
  DbgPrint("s=[%s] 10.3=[%10.3s] -8=[%-8s]\n", "narrow", "narrow", "narrow");
  DbgPrint("ws=[%ws] S=[%S] wZ=[%wZ] Z=[%Z]\n", L"wide", L"wide", &wide, &ansi);
  DbgPrint("ld=%ld lu=%lu lx=%lx p=%p\n", -70000L, 70000UL, 70000UL, (PVOID)0x1234);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  NTSTATUS status = Lists();
  if (NT_SUCCESS(status)) status = Interlocked();
  if (NT_SUCCESS(status)) status = Strings();
  if (NT_SUCCESS(status)) Print();
  return status;
}
