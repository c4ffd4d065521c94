// Looks for the kernel and the HAL in the list of loaded modules, and calls what their export directories name.
// Loads on: nt400 and later (ZwQuerySystemInformation).
//
// No device. DriverEntry returns STATUS_SUCCESS only if the list begins with the two and ends with this driver, if the headers of
// both hold together, if a routine of each is where the directory says, and if the driver's own entry leads to the same list.
#define SOURCE "kernel-image.c"
#include "testdriver.h"

typedef struct {
  PVOID Section, MappedBase, ImageBase;
  ULONG ImageSize, Flags;
  USHORT LoadOrderIndex, InitOrderIndex, LoadCount, OffsetToFileName;
  CHAR FullPathName[256];
} MODULE;

typedef struct {
  ULONG Count;
  MODULE Modules[1];
} MODULES;

// Where the fields are that this driver looks at: KLDR_DATA_TABLE_ENTRY.
typedef struct {
  LIST_ENTRY Links;
  PVOID Unused[4];
  PVOID Base, EntryPoint;
  ULONG Size;
  UNICODE_STRING FullName, BaseName;
} ENTRY;

DECLSPEC_IMPORT ULONG NtBuildNumber;
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);

typedef LARGE_INTEGER(NTAPI *COUNTER)(PLARGE_INTEGER);

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

static BOOLEAN Same(const CHAR *a, const CHAR *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static ULONG At(PUCHAR place) { return *(ULONG *)place; }

// The address of a name, through a forwarder to the kernel if it is one.
static PUCHAR Find(PUCHAR image, ULONG size, const CHAR *name, PUCHAR kernel, ULONG kernelSize) {
  if (image[0] != 'M' || image[1] != 'Z') return NULL;
  PUCHAR headers = image + At(image + 0x3C);
  if (At(headers) != 0x4550) return NULL;
  PUCHAR directories = headers + (sizeof(PVOID) == 8 ? 0x88 : 0x78);
  if (At(headers + 0x50) != size || At(directories - 4) != 16) return NULL;
  ULONG start = At(directories), end = start + At(directories + 4);
  PUCHAR directory = image + start;
  ULONG count = At(directory + 0x18);
  for (ULONG i = 0; i < count; i++) {
    const CHAR *found = (const CHAR *)image + At(image + At(directory + 0x20) + 4 * i);
    if (!Same(found, name)) continue;
    USHORT ordinal = *(USHORT *)(image + At(directory + 0x24) + 2 * i);
    ULONG address = At(image + At(directory + 0x1C) + 4 * ordinal);
    if (address >= size) return NULL;
    if (address < start || address >= end) return image + address;
    const CHAR *forward = (const CHAR *)image + address;
    static const CHAR module[] = "ntoskrnl.";
    for (ULONG j = 0; j < sizeof module - 1; j++)
      if (forward[j] != module[j]) return NULL;
    if (image == kernel) return NULL;
    return Find(kernel, kernelSize, forward + sizeof module - 1, kernel, kernelSize);
  }
  return NULL;
}

static NTSTATUS Check(PDRIVER_OBJECT driver, MODULES *list, ULONG length) {
  ULONG needed = 0;
  CHECK(ZwQuerySystemInformation(11, list, length, &needed) == STATUS_SUCCESS);
  CHECK(needed == length);
  CHECK(length == sizeof(MODULES) + (list->Count - 1) * sizeof(MODULE));
  MODULE *kernel = &list->Modules[0], *hal = &list->Modules[1], *own = &list->Modules[list->Count - 1];
  CHECK(Same(kernel->FullPathName + kernel->OffsetToFileName, "ntoskrnl.exe"));
  CHECK(Same(hal->FullPathName + hal->OffsetToFileName, "hal.dll"));
  CHECK(own->ImageBase == driver->DriverStart && own->ImageSize == driver->DriverSize);

  PUCHAR build = Find(kernel->ImageBase, kernel->ImageSize, "NtBuildNumber", NULL, 0);
  CHECK(build == (PUCHAR)&NtBuildNumber);
  CHECK(!Find(kernel->ImageBase, kernel->ImageSize, "NoSuchRoutine", NULL, 0));
  PUCHAR counter =
      Find(hal->ImageBase, hal->ImageSize, "KeQueryPerformanceCounter", kernel->ImageBase, kernel->ImageSize);
  CHECK(counter);
  LARGE_INTEGER before = ((COUNTER)(ULONG_PTR)counter)(NULL), after = ((COUNTER)(ULONG_PTR)counter)(NULL);
  CHECK(after.QuadPart > before.QuadPart);

  // The list goes on from the driver's own entry, over its head, to the kernel.
  ENTRY *entry = driver->DriverSection;
  CHECK(entry->Base == driver->DriverStart && entry->Size == driver->DriverSize);
  CHECK(entry->BaseName.Length > 0 && entry->FullName.Length > entry->BaseName.Length);
  ENTRY *first = (ENTRY *)entry->Links.Flink->Flink;
  CHECK(first->Base == kernel->ImageBase);
  CHECK(((ENTRY *)first->Links.Flink)->Base == hal->ImageBase);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  driver->DriverUnload = Unload;
  ULONG length = 0, number;
  CHECK(ZwQuerySystemInformation(11, &number, sizeof number, &length) == STATUS_INFO_LENGTH_MISMATCH);
  CHECK(length > sizeof(MODULES));
  MODULES *list = ExAllocatePool(PagedPool, length);
  CHECK(list);
  NTSTATUS status = Check(driver, list, length);
  ExFreePool(list);
  return status;
}
