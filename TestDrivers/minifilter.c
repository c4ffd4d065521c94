// A mini-filter with a port, a context for each instance, and call-backs around create, read and write. It checks what the
// filter manager gives it, uses a file past its own call-backs, one of which refuses another file, and lets everything go in
// its unload routine.
// Loads on: the releases that have fltmgr.sys. Expected: right, without findings.
#include "testdriver.h"

#define SOURCE "minifilter.c"

typedef struct FILTER FILTER;
typedef struct VOLUME VOLUME;
typedef struct INSTANCE INSTANCE;
typedef struct PORT PORT;

typedef struct {
  USHORT Size, TransactionContext;
  FILTER *Filter;
  VOLUME *Volume;
  INSTANCE *Instance;
  PFILE_OBJECT FileObject;
  PVOID Transaction;
} OBJECTS;

typedef struct {
  ULONG Flags;
  PVOID Thread;
  struct {
    ULONG IrpFlags;
    UCHAR MajorFunction, MinorFunction, OperationFlags, Reserved;
    PFILE_OBJECT TargetFileObject;
    INSTANCE *TargetInstance;
  } *Iopb;
  IO_STATUS_BLOCK IoStatus;
} DATA;

typedef struct {
  USHORT Size, NamesParsed;
  ULONG Format;
  UNICODE_STRING Name, Volume, Share, Extension, Stream, FinalComponent, ParentDir;
} NAME;

typedef struct {
  USHORT ContextType, Flags;
  VOID(NTAPI *Cleanup)(PVOID context, USHORT type);
  SIZE_T Size;
  ULONG PoolTag;
  PVOID Allocate, Free, Reserved;
} CONTEXTS;

typedef struct {
  UCHAR MajorFunction;
  ULONG Flags;
  int(NTAPI *Pre)(DATA *data, const OBJECTS *objects, PVOID *context);
  int(NTAPI *Post)(DATA *data, const OBJECTS *objects, PVOID context, ULONG flags);
  PVOID Reserved;
} OPERATIONS;

typedef struct {
  USHORT Size, Version;
  ULONG Flags;
  const CONTEXTS *Contexts;
  const OPERATIONS *Operations;
  NTSTATUS(NTAPI *Unload)(ULONG flags);
  NTSTATUS(NTAPI *Setup)(const OBJECTS *objects, ULONG flags, ULONG deviceType, ULONG fileSystem);
  PVOID QueryTeardown;
  VOID(NTAPI *TeardownStart)(const OBJECTS *objects, ULONG reason);
  VOID(NTAPI *TeardownComplete)(const OBJECTS *objects, ULONG reason);
  PVOID GenerateFileName, NormalizeNameComponent, NormalizeContextCleanup;
} REGISTRATION;

DECLSPEC_IMPORT NTSTATUS NTAPI FltRegisterFilter(PDRIVER_OBJECT driver, const REGISTRATION *registration, FILTER **filter);
DECLSPEC_IMPORT NTSTATUS NTAPI FltStartFiltering(FILTER *filter);
DECLSPEC_IMPORT VOID NTAPI FltUnregisterFilter(FILTER *filter);
DECLSPEC_IMPORT NTSTATUS NTAPI FltCreateCommunicationPort(FILTER *filter, PORT **port, POBJECT_ATTRIBUTES attributes,
                                                          PVOID cookie, PVOID connect, PVOID disconnect, PVOID message,
                                                          LONG connections);
DECLSPEC_IMPORT VOID NTAPI FltCloseCommunicationPort(PORT *port);
DECLSPEC_IMPORT NTSTATUS NTAPI FltBuildDefaultSecurityDescriptor(PSECURITY_DESCRIPTOR *descriptor, ACCESS_MASK access);
DECLSPEC_IMPORT VOID NTAPI FltFreeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor);
DECLSPEC_IMPORT NTSTATUS NTAPI FltAllocateContext(FILTER *filter, USHORT type, SIZE_T size, POOL_TYPE pool, PVOID *context);
DECLSPEC_IMPORT NTSTATUS NTAPI FltSetInstanceContext(INSTANCE *instance, int operation, PVOID context, PVOID *old);
DECLSPEC_IMPORT NTSTATUS NTAPI FltGetInstanceContext(INSTANCE *instance, PVOID *context);
DECLSPEC_IMPORT VOID NTAPI FltReleaseContext(PVOID context);
DECLSPEC_IMPORT NTSTATUS NTAPI FltGetVolumeName(VOLUME *volume, PUNICODE_STRING name, PULONG needed);
DECLSPEC_IMPORT NTSTATUS NTAPI FltGetFileNameInformation(DATA *data, ULONG options, NAME **name);
DECLSPEC_IMPORT NTSTATUS NTAPI FltParseFileNameInformation(NAME *name);
DECLSPEC_IMPORT VOID NTAPI FltReleaseFileNameInformation(NAME *name);

#define INSTANCE_CONTEXT 2

typedef struct {
  ULONG Signature;
  LONG Operations;
} COUNTS;

static FILTER *filter;
static PORT *port;
static LONG instances, contexts, passed;

static VOID NTAPI Cleanup(PVOID context, USHORT type) {
  if (((COUNTS *)context)->Signature == 'CNTX' && type == INSTANCE_CONTEXT) contexts--;
}

static NTSTATUS NTAPI Setup(const OBJECTS *objects, ULONG flags, ULONG deviceType, ULONG fileSystem) {
  UNREFERENCED_PARAMETER(fileSystem);
  COUNTS *counts;
  ULONG needed = 0;
  CHECK(objects->Size == sizeof *objects && objects->Filter == filter && objects->Volume && objects->Instance);
  CHECK(!objects->FileObject && flags == 1 && deviceType == FILE_DEVICE_DISK_FILE_SYSTEM);
  CHECK(FltGetVolumeName(objects->Volume, NULL, &needed) == STATUS_BUFFER_TOO_SMALL && needed > 0);
  CHECK(FltAllocateContext(filter, INSTANCE_CONTEXT, sizeof *counts, NonPagedPool, (PVOID *)&counts) == STATUS_SUCCESS);
  counts->Signature = 'CNTX';
  counts->Operations = 0;
  contexts++;
  CHECK(FltSetInstanceContext(objects->Instance, 1, counts, NULL) == STATUS_SUCCESS);
  FltReleaseContext(counts);
  instances++;
  return STATUS_SUCCESS;
}

static VOID NTAPI TeardownStart(const OBJECTS *objects, ULONG reason) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(reason);
}

static VOID NTAPI TeardownComplete(const OBJECTS *objects, ULONG reason) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(reason);
  instances--;
}

static int NTAPI Pre(DATA *data, const OBJECTS *objects, PVOID *context) {
  COUNTS *counts;
  PUNICODE_STRING path = &data->Iopb->TargetFileObject->FileName;
  if (data->Iopb->MajorFunction == IRP_MJ_CREATE && path->Length && path->Buffer[path->Length / sizeof(WCHAR) - 1] == L'!') {
    data->IoStatus.Status = STATUS_ACCESS_DENIED;
    data->IoStatus.Information = 0;
    return 4;
  }
  if (data->Iopb->TargetInstance != objects->Instance) DbgPrint("the instances differ\n");
  if (FltGetInstanceContext(objects->Instance, (PVOID *)&counts) != STATUS_SUCCESS) return 1;
  counts->Operations++;
  *context = counts;
  return 0;
}

static int NTAPI Post(DATA *data, const OBJECTS *objects, PVOID context, ULONG flags) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(flags);
  NAME *name;
  // FLT_FILE_NAME_OPENED, FLT_FILE_NAME_QUERY_DEFAULT.
  if (data->Iopb->MajorFunction == IRP_MJ_CREATE && FltGetFileNameInformation(data, 0x102, &name) == STATUS_SUCCESS) {
    if (FltParseFileNameInformation(name) == STATUS_SUCCESS)
      DbgPrint("%wZ is %wZ in %wZ: %lX\n", &name->Name, &name->FinalComponent, &name->ParentDir, data->IoStatus.Status);
    FltReleaseFileNameInformation(name);
  }
  FltReleaseContext(context);
  if (NT_SUCCESS(data->IoStatus.Status)) passed++;
  return 0;
}

static NTSTATUS NTAPI Connect(PORT *client, PVOID cookie, PVOID context, ULONG size, PVOID *result) {
  UNREFERENCED_PARAMETER(client);
  UNREFERENCED_PARAMETER(cookie);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(size);
  *result = NULL;
  return STATUS_SUCCESS;
}

static VOID NTAPI Disconnect(PVOID cookie) { UNREFERENCED_PARAMETER(cookie); }

static NTSTATUS NTAPI UnloadFilter(ULONG flags) {
  UNREFERENCED_PARAMETER(flags);
  FltCloseCommunicationPort(port);
  FltUnregisterFilter(filter);
  DbgPrint("%d instances and %d contexts are left\n", instances, contexts);
  return STATUS_SUCCESS;
}

static const CONTEXTS contextKinds[] = {
    {INSTANCE_CONTEXT, 0, Cleanup, sizeof(COUNTS), 'tlfM', NULL, NULL, NULL},
    {0xFFFF, 0, NULL, 0, 0, NULL, NULL, NULL},
};

static const OPERATIONS operations[] = {
    {IRP_MJ_CREATE, 0, Pre, Post, NULL},
    {IRP_MJ_READ, 0, Pre, Post, NULL},
    {IRP_MJ_WRITE, 0, Pre, Post, NULL},
    {0x80, 0, NULL, NULL, NULL},
};

static const REGISTRATION registration = {
    .Size = sizeof(REGISTRATION),
    .Version = 0x0200,
    .Contexts = contextKinds,
    .Operations = operations,
    .Unload = UnloadFilter,
    .Setup = Setup,
    .TeardownStart = TeardownStart,
    .TeardownComplete = TeardownComplete,
};

static NTSTATUS CreatePort(VOID) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  PSECURITY_DESCRIPTOR descriptor;
  NTSTATUS status = FltBuildDefaultSecurityDescriptor(&descriptor, 0x1F0001);
  if (!NT_SUCCESS(status)) return status;
  RtlInitUnicodeString(&name, L"\\LockstepPort");
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, descriptor);
  status = FltCreateCommunicationPort(filter, &port, &attributes, NULL, Connect, Disconnect, NULL, 1);
  FltFreeSecurityDescriptor(descriptor);
  return status;
}

static NTSTATUS Open(HANDLE *file, PCWSTR text) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  IO_STATUS_BLOCK block;
  RtlInitUnicodeString(&name, text);
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
  return ZwCreateFile(file, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, &attributes, &block, NULL,
                      FILE_ATTRIBUTE_NORMAL, 0, FILE_CREATE,
                      FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE, NULL, 0);
}

static NTSTATUS UseVolume(VOID) {
  IO_STATUS_BLOCK block;
  HANDLE file;
  ULONG word = 'lcoK', answer = 0;
  LARGE_INTEGER offset = {.QuadPart = 0};
  CHECK(Open(&file, L"\\SystemRoot\\Temp\\refused!") == STATUS_ACCESS_DENIED);
  CHECK(passed == 0);
  CHECK(Open(&file, L"\\SystemRoot\\Temp\\taken.tmp") == STATUS_SUCCESS);
  CHECK(passed == 1);
  CHECK(ZwWriteFile(file, NULL, NULL, NULL, &block, &word, sizeof word, &offset, NULL) == STATUS_SUCCESS);
  CHECK(passed == 2 && block.Information == sizeof word);
  CHECK(ZwReadFile(file, NULL, NULL, NULL, &block, &answer, sizeof answer, &offset, NULL) == STATUS_SUCCESS);
  CHECK(passed == 3 && answer == word);
  return ZwClose(file);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  NTSTATUS status = FltRegisterFilter(driver, &registration, &filter);
  if (!NT_SUCCESS(status)) return status;
  status = CreatePort();
  if (NT_SUCCESS(status)) {
    status = FltStartFiltering(filter);
    if (NT_SUCCESS(status)) status = UseVolume();
    if (NT_SUCCESS(status)) {
      DbgPrint("%d instances and %d contexts\n", instances, contexts);
      return STATUS_SUCCESS;
    }
    FltCloseCommunicationPort(port);
  }
  FltUnregisterFilter(filter);
  return status;
}
