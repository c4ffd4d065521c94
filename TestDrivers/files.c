// Uses files: of the system's volume, and its own device as a file whose reads it keeps for a while.
// Loads on: nt310 and later.
//
// \Device\Files. DriverEntry writes a file in \SystemRoot\Temp, reads it back, asks for its size, and deletes it on close.
// Then it opens its own device with ZwCreateFile: the driver counts the requests, keeps each read until a timer's DPC
// completes it, and a thread that reads waits for that; a control is completed at once.
// DriverEntry returns STATUS_SUCCESS only if each answer is right; so it must, on every release.
#define DEVICE L"Files"
#define SOURCE "files.c"
#include "testdriver.h"

static ULONG seen[IRP_MJ_MAXIMUM_FUNCTION + 1];
static KTIMER timer;
static KDPC timerDpc;
static PIRP kept;

static VOID NTAPI Finish(PKDPC dpc, PVOID context, PVOID first, PVOID second) {
  UNREFERENCED_PARAMETER(dpc);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(first);
  UNREFERENCED_PARAMETER(second);
  PIRP irp = kept;
  kept = NULL;
  for (ULONG i = 0; i < 8; i++) ((volatile UCHAR *)irp->AssociatedIrp.SystemBuffer)[i] = Pattern(i);
  Complete(irp, STATUS_SUCCESS, 8);
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  seen[stack->MajorFunction]++;
  if (stack->MajorFunction == IRP_MJ_READ && stack->Parameters.Read.Length == 8) {
    LARGE_INTEGER due = {.QuadPart = -100000};
    IoMarkIrpPending(irp);
    kept = irp;
    KeSetTimer(&timer, due, &timerDpc);
    return STATUS_PENDING;
  }
  if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
    volatile ULONG *word = irp->AssociatedIrp.SystemBuffer;
    *word = *word * 2 + 1;
    return Complete(irp, STATUS_SUCCESS, sizeof *word);
  }
  return Complete(irp, STATUS_SUCCESS, 0);
}

static VOID Attributes(POBJECT_ATTRIBUTES attributes, PUNICODE_STRING name, PCWSTR text) {
  RtlInitUnicodeString(name, text);
  InitializeObjectAttributes(attributes, name, OBJ_CASE_INSENSITIVE, NULL, NULL);
}

static NTSTATUS UseVolume(VOID) {
  OBJECT_ATTRIBUTES attributes;
  UNICODE_STRING name;
  IO_STATUS_BLOCK block;
  HANDLE file;
  UCHAR bytes[64];
  FILE_STANDARD_INFORMATION information;
  LARGE_INTEGER offset = {.QuadPart = 0};
  Attributes(&attributes, &name, L"\\SystemRoot\\Temp\\files.tmp");
  CHECK(ZwOpenFile(&file, GENERIC_READ | SYNCHRONIZE, &attributes, &block, 0, FILE_SYNCHRONOUS_IO_NONALERT) ==
        STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, &attributes, &block, NULL,
                     FILE_ATTRIBUTE_NORMAL, 0, FILE_CREATE,
                     FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE, NULL,
                     0) == STATUS_SUCCESS);
  CHECK(block.Information == FILE_CREATED);
  for (ULONG i = 0; i < sizeof bytes; i++) bytes[i] = Pattern(i);
  CHECK(ZwWriteFile(file, NULL, NULL, NULL, &block, bytes, sizeof bytes, NULL, NULL) == STATUS_SUCCESS);
  CHECK(block.Information == sizeof bytes);
  for (ULONG i = 0; i < sizeof bytes; i++) bytes[i] = 0;
  CHECK(ZwReadFile(file, NULL, NULL, NULL, &block, bytes, sizeof bytes, NULL, NULL) == STATUS_END_OF_FILE);
  CHECK(ZwReadFile(file, NULL, NULL, NULL, &block, bytes, sizeof bytes, &offset, NULL) == STATUS_SUCCESS);
  for (ULONG i = 0; i < sizeof bytes; i++) CHECK(bytes[i] == Pattern(i));
  CHECK(ZwQueryInformationFile(file, &block, &information, sizeof information, FileStandardInformation) ==
        STATUS_SUCCESS);
  CHECK(information.EndOfFile.QuadPart == sizeof bytes);
  CHECK(!information.Directory);
  CHECK(ZwClose(file) == STATUS_SUCCESS);
  CHECK(ZwOpenFile(&file, GENERIC_READ | SYNCHRONIZE, &attributes, &block, 0, FILE_SYNCHRONOUS_IO_NONALERT) ==
        STATUS_OBJECT_NAME_NOT_FOUND);
  return STATUS_SUCCESS;
}

static NTSTATUS UseDevice(VOID) {
  OBJECT_ATTRIBUTES attributes;
  UNICODE_STRING name;
  IO_STATUS_BLOCK block;
  HANDLE file;
  UCHAR bytes[8];
  ULONG word = 20, answer = 0;
  Attributes(&attributes, &name, L"\\DosDevices\\" DEVICE);
  CHECK(ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &block, NULL, 0, 0, FILE_OPEN,
                     FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0) == STATUS_SUCCESS);
  CHECK(seen[IRP_MJ_CREATE] == 1);
  CHECK(ZwReadFile(file, NULL, NULL, NULL, &block, bytes, sizeof bytes, NULL, NULL) == STATUS_SUCCESS);
  CHECK(seen[IRP_MJ_READ] == 1 && !kept);
  CHECK(block.Status == STATUS_SUCCESS && block.Information == sizeof bytes);
  for (ULONG i = 0; i < sizeof bytes; i++) CHECK(bytes[i] == Pattern(i));
  CHECK(ZwDeviceIoControlFile(file, NULL, NULL, NULL, &block, CODE(0, METHOD_BUFFERED), &word, sizeof word, &answer,
                              sizeof answer) == STATUS_SUCCESS);
  CHECK(answer == 41);
  CHECK(ZwWriteFile(file, NULL, NULL, NULL, &block, bytes, sizeof bytes, NULL, NULL) == STATUS_SUCCESS);
  CHECK(seen[IRP_MJ_WRITE] == 1);
  CHECK(seen[IRP_MJ_CLEANUP] == 0 && seen[IRP_MJ_CLOSE] == 0);
  CHECK(ZwClose(file) == STATUS_SUCCESS);
  CHECK(seen[IRP_MJ_CLEANUP] == 1 && seen[IRP_MJ_CLOSE] == 1);
  return STATUS_SUCCESS;
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) { DeleteDevice(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  NTSTATUS status = UseVolume();
  if (!NT_SUCCESS(status)) return status;
  KeInitializeTimer(&timer);
  KeInitializeDpc(&timerDpc, Finish, NULL);
  status = CreateDevice(driver, DO_BUFFERED_IO);
  if (!NT_SUCCESS(status)) return status;
  status = UseDevice();
  if (!NT_SUCCESS(status)) DeleteDevice(driver);
  return status;
}
