// A callout driver: it adds a sublayer, a callout and a filter to the filter engine in a transaction, is told of the filter, and
// injects a packet whose header it has put before its data.
// Loads on: the releases that have fwpkclnt.sys. Expected: right, without findings.
#define DEVICE L"Callout"
#include "testdriver.h"

#define SOURCE "callout.c"

typedef struct {
  GUID Key;
  PCWSTR Name, Description;
  ULONG Flags;
  const GUID *Provider;
  ULONG DataSize;
  PVOID Data;
} OBJECT;

typedef struct {
  OBJECT Object;
  USHORT Weight;
} SUBLAYER;

typedef struct {
  OBJECT Object;
  GUID Layer;
  ULONG Id;
} CALLOUT;

typedef struct {
  ULONG Type;
  ULONG_PTR Value;
} VALUE;

typedef struct {
  OBJECT Object;
  GUID Layer, Sublayer;
  VALUE Weight;
  ULONG ConditionCount;
  PVOID Conditions;
  ULONG ActionType;
  GUID ActionCallout;
  DECLSPEC_ALIGN(8) GUID Context;
  PVOID Reserved;
  DECLSPEC_ALIGN(8) ULONGLONG Id;
  VALUE EffectiveWeight;
} FILTER;

typedef struct {
  GUID Key;
  ULONG Flags;
  PVOID Classify;
  NTSTATUS(NTAPI *Notify)(int type, const GUID *key, PVOID filter);
  PVOID FlowDelete;
} ROUTINES;

typedef struct LIST LIST;
typedef struct PACKET PACKET;
struct LIST {
  LIST *Next;
  PACKET *First;
};

DECLSPEC_IMPORT NTSTATUS NTAPI FwpmEngineOpen0(PCWSTR server, ULONG service, PVOID identity, PVOID session, HANDLE *engine);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpmEngineClose0(HANDLE engine);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpmTransactionBegin0(HANDLE engine, ULONG flags);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpmTransactionCommit0(HANDLE engine);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpmSubLayerAdd0(HANDLE engine, const SUBLAYER *sublayer, PVOID security);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpmSubLayerDeleteByKey0(HANDLE engine, const GUID *key);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpmCalloutAdd0(HANDLE engine, const CALLOUT *callout, PVOID security, ULONG *id);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpmCalloutDeleteByKey0(HANDLE engine, const GUID *key);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpmFilterAdd0(HANDLE engine, const FILTER *filter, PVOID security, ULONGLONG *id);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpmFilterDeleteByKey0(HANDLE engine, const GUID *key);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpsCalloutRegister0(PVOID device, const ROUTINES *routines, ULONG *id);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpsCalloutUnregisterByKey0(const GUID *key);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpsInjectionHandleCreate0(USHORT family, ULONG flags, HANDLE *handle);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpsInjectionHandleDestroy0(HANDLE handle);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpsAllocateNetBufferAndNetBufferList0(HANDLE pool, USHORT size, USHORT backFill, PMDL chain,
                                                                      ULONG offset, SIZE_T length, LIST **list);
DECLSPEC_IMPORT VOID NTAPI FwpsFreeNetBufferList0(LIST *list);
DECLSPEC_IMPORT NTSTATUS NTAPI FwpsInjectNetworkSendAsync0(HANDLE handle, HANDLE context, ULONG flags, ULONG compartment,
                                                           LIST *list, PVOID completion, HANDLE completionContext);
DECLSPEC_IMPORT HANDLE NTAPI NdisAllocateNetBufferListPool(HANDLE handle, const void *parameters);
DECLSPEC_IMPORT VOID NTAPI NdisFreeNetBufferListPool(HANDLE pool);
DECLSPEC_IMPORT PVOID NTAPI NdisGetDataBuffer(PACKET *packet, ULONG count, PVOID storage, ULONG multiple, ULONG offset);
DECLSPEC_IMPORT NTSTATUS NTAPI NdisRetreatNetBufferDataStart(PACKET *packet, ULONG delta, ULONG backFill, PVOID allocate);
DECLSPEC_IMPORT VOID NTAPI NdisAdvanceNetBufferDataStart(PACKET *packet, ULONG delta, BOOLEAN free, PVOID freeRoutine);

static const GUID sublayerKey = {0x1B5F8A01, 0x3C2D, 0x4E6F, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID calloutKey = {0x1B5F8A02, 0x3C2D, 0x4E6F, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID filterKey = {0x1B5F8A03, 0x3C2D, 0x4E6F, {1, 2, 3, 4, 5, 6, 7, 8}};
// FWPM_LAYER_OUTBOUND_IPPACKET_V4.
static const GUID layerKey = {0x1E5C9FAE, 0x8A84, 0x4135, {0xA3, 0x31, 0x95, 0x0B, 0x54, 0x22, 0x9E, 0xCD}};

static HANDLE engine, pool, injection;
static PMDL mdl;
static UCHAR payload[64];
static LONG told;

static NTSTATUS NTAPI Notify(int type, const GUID *key, PVOID filter) {
  UNREFERENCED_PARAMETER(filter);
  told += type == 0 && key && key->Data1 == filterKey.Data1 ? 1 : 100;
  return STATUS_SUCCESS;
}

static VOID NTAPI Completed(PVOID context, LIST *list, BOOLEAN dispatch) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(dispatch);
  FwpsFreeNetBufferList0(list);
  DbgPrint("the packet is on its way\n");
}

static NTSTATUS AddObjects(PDEVICE_OBJECT device) {
  ROUTINES routines = {.Key = calloutKey, .Notify = Notify};
  SUBLAYER sublayer = {.Object = {.Key = sublayerKey, .Name = L"Lockstep"}, .Weight = 0x100};
  CALLOUT callout = {.Object = {.Key = calloutKey, .Name = L"Lockstep"}, .Layer = layerKey};
  static FILTER filter;
  ULONG registered, added;
  filter.Object.Key = filterKey;
  filter.Object.Name = L"Lockstep";
  filter.Layer = layerKey;
  filter.Sublayer = sublayerKey;
  filter.ActionType = 0x5003;
  filter.ActionCallout = calloutKey;
  CHECK(FwpmEngineOpen0(NULL, 10, NULL, NULL, &engine) == STATUS_SUCCESS);
  CHECK(FwpsCalloutRegister0(device, &routines, &registered) == STATUS_SUCCESS);
  CHECK(FwpmTransactionBegin0(engine, 0) == STATUS_SUCCESS);
  CHECK(FwpmSubLayerAdd0(engine, &sublayer, NULL) == STATUS_SUCCESS);
  CHECK(FwpmCalloutAdd0(engine, &callout, NULL, &added) == STATUS_SUCCESS);
  CHECK(registered == added);
  CHECK(FwpmFilterAdd0(engine, &filter, NULL, NULL) == STATUS_SUCCESS);
  CHECK(told == 0);
  CHECK(FwpmTransactionCommit0(engine) == STATUS_SUCCESS);
  CHECK(told == 1);
  return STATUS_SUCCESS;
}

static NTSTATUS Send(VOID) {
  struct {
    UCHAR Type, Revision;
    USHORT Size;
    UCHAR Protocol;
    BOOLEAN AllocatesNetBuffer;
    USHORT ContextSize;
    ULONG PoolTag, DataSize;
  } parameters = {0x80, 1, sizeof parameters, 0, TRUE, 0, 'kcoL', 0};
  LIST *list;
  UCHAR header[20], *data;
  pool = NdisAllocateNetBufferListPool(NULL, &parameters);
  CHECK(pool);
  CHECK(FwpsInjectionHandleCreate0(2, 4, &injection) == STATUS_SUCCESS);
  mdl = IoAllocateMdl(payload, sizeof payload, FALSE, FALSE, NULL);
  CHECK(mdl);
  MmBuildMdlForNonPagedPool(mdl);
  CHECK(FwpsAllocateNetBufferAndNetBufferList0(pool, 0, 0, mdl, 20, 40, &list) == STATUS_SUCCESS);
  CHECK(NdisGetDataBuffer(list->First, 40, NULL, 1, 0) == payload + 20);
  CHECK(NdisRetreatNetBufferDataStart(list->First, 20, 0, NULL) == STATUS_SUCCESS);
  data = NdisGetDataBuffer(list->First, sizeof header, header, 1, 0);
  CHECK(data == payload);
  data[0] = 0x45;
  NdisAdvanceNetBufferDataStart(list->First, 4, FALSE, NULL);
  CHECK(NdisGetDataBuffer(list->First, 40, NULL, 1, 0) == payload + 4);
  CHECK(NdisRetreatNetBufferDataStart(list->First, 4, 0, NULL) == STATUS_SUCCESS);
  return FwpsInjectNetworkSendAsync0(injection, NULL, 0, 0, list, Completed, NULL);
}

NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return Complete(irp, STATUS_SUCCESS, 0);
}

VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  FwpsInjectionHandleDestroy0(injection);
  IoFreeMdl(mdl);
  NdisFreeNetBufferListPool(pool);
  FwpsCalloutUnregisterByKey0(&calloutKey);
  FwpmFilterDeleteByKey0(engine, &filterKey);
  FwpmCalloutDeleteByKey0(engine, &calloutKey);
  FwpmSubLayerDeleteByKey0(engine, &sublayerKey);
  FwpmEngineClose0(engine);
  DeleteDevice(driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  NTSTATUS status = CreateDevice(driver, DO_BUFFERED_IO);
  if (NT_SUCCESS(status)) status = AddObjects(driver->DeviceObject);
  if (NT_SUCCESS(status)) status = Send();
  return status;
}
