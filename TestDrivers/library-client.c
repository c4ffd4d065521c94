// Imports from an export driver (library.c), and loads and unloads another driver (stack-lower.c) by its service.
// Loads on: nt400 and later, with library beside it; else the load fails (no such module).
//
// No device. DriverEntry prints LibraryCalls. It returns STATUS_SUCCESS if ZwLoadDriver starts the service stack-lower once, if its
// device is there then, and if ZwUnloadDriver removes it. Asks to be called twice again after DriverEntry.
#define SOURCE "library-client.c"
#include "testdriver.h"

NTKERNELAPI NTSTATUS NTAPI ZwLoadDriver(PUNICODE_STRING DriverServiceName);
NTKERNELAPI NTSTATUS NTAPI ZwUnloadDriver(PUNICODE_STRING DriverServiceName);
NTKERNELAPI NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes, PVOID AccessState,
                                                   ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                                   PVOID ParseContext, PVOID *Object);
extern __declspec(dllimport) POBJECT_TYPE *IoDriverObjectType;
DECLSPEC_IMPORT ULONG NTAPI LibraryCalls(VOID);

#ifdef _WIN64
#define ARCH L"x64"
#else
#define ARCH L"x86"
#endif
#define SERVICES L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

static VOID NTAPI Again(PDRIVER_OBJECT driver, PVOID context, ULONG count) {
  DbgPrint("%s: again %lu %lu\n", SOURCE, (ULONG)(ULONG_PTR)context, count);
  if (count < 2) IoRegisterDriverReinitialization(driver, Again, context);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

static NTSTATUS Open(PCWSTR text, PVOID *object) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, text);
  return ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, *IoDriverObjectType, KernelMode, NULL, object);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  UNICODE_STRING service;
  PVOID object = NULL;
  DbgPrint("%s: LibraryCalls %lu\n", SOURCE, LibraryCalls());
  RtlInitUnicodeString(&service, SERVICES L"stack-lower-" ARCH);
  CHECK(Open(L"\\Driver\\stack-lower-" ARCH, &object) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(ZwUnloadDriver(&service) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(ZwLoadDriver(&service) == STATUS_SUCCESS);
  CHECK(ZwLoadDriver(&service) == STATUS_IMAGE_ALREADY_LOADED);
  CHECK(Open(L"\\Driver\\stack-lower-" ARCH, &object) == STATUS_SUCCESS);
  CHECK(((PDRIVER_OBJECT)object)->DeviceObject != NULL);
  CHECK(!(((PDRIVER_OBJECT)object)->DeviceObject->Flags & DO_DEVICE_INITIALIZING));
  ObDereferenceObject(object);
  CHECK(ZwUnloadDriver(&service) == STATUS_SUCCESS);
  CHECK(Open(L"\\Driver\\stack-lower-" ARCH, &object) == STATUS_OBJECT_NAME_NOT_FOUND);
  IoRegisterDriverReinitialization(driver, Again, (PVOID)7);
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
