internal import GuestABI
internal import NTStructures

/// The library for drivers that answer requests of WMI, `wmilib.sys`.
///
/// Its pages in Microsoft Docs (`wmilib.h`), and those of the requests, say what the routines do.
final class WMILibrary {
  let io: IoManager
  var memory: AddressSpace { io.memory }

  /// Creates the library.
  init(_ io: IoManager) { self.io = io }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("WmiSystemControl") {
        [self]
        (
          context: GuestPointer<WMILibraryContext>,
          device: GuestPointer<DeviceObject>,
          irp: GuestPointer<IRP>,
          disposition: GuestPointer<UInt32>
        ) in
        try systemControl(context, device, irp, disposition)
      },
      export("WmiCompleteRequest") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          irp: GuestPointer<IRP>,
          status: NTStatus,
          bufferUsed: UInt32,
          boost: Int8
        ) in
        try complete(irp, status, bufferUsed)
      },
      export("WmiFireEvent") {
        [self]
        (
          device: GuestPointer<DeviceObject>,
          guid: VirtualAddress,
          instance: UInt32,
          byteCount: UInt32,
          data: VirtualAddress
        ) in
        try fireEvent(guid, byteCount, data)
      },
    ]
  }

  /// What `WmiSystemControl` says of a request: `SYSCTL_IRP_DISPOSITION`.
  enum Disposition: UInt32 {
    case processed, notCompleted, notWMI, forward
  }

  /// The minor functions of requests: `IRP_MN_…`.
  enum Function: UInt8 {
    case queryAllData, querySingleInstance, changeSingleInstance, changeSingleItem
    case enableEvents, disableEvents, enableCollection, disableCollection
    case registrationInformation, executeMethod
    case extendedRegistrationInformation = 11
  }

  /// Sends an event to nobody: in this machine no consumer has enabled any.
  private func fireEvent(
    _ guid: VirtualAddress,
    _ byteCount: UInt32,
    _ data: VirtualAddress
  ) throws -> NTStatus {
    try memory.forEachRun(at: guid, byteCount: 16, for: .read) { _ in }
    if data != .null {
      try memory.forEachRun(at: data, byteCount: Int(byteCount), for: .read) { _ in }
      // "WMI frees the buffer without further intervention by the driver."
      try io.manager.freePool(data, caller: io.manager.context.caller)
    }
    return .success
  }
}

/// What a driver tells the library of itself: `WMILIB_CONTEXT`.
struct WMILibraryContext: GuestStructure {
  let guidCount = Field<UInt32>(x86: 0x00, x64: 0x00)
  let guidList = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  let queryRegistration = Field<VirtualAddress>(x86: 0x08, x64: 0x10)
  let queryDataBlock = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)
  let setDataBlock = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  let setDataItem = Field<VirtualAddress>(x86: 0x14, x64: 0x28)
  let executeMethod = Field<VirtualAddress>(x86: 0x18, x64: 0x30)
  let functionControl = Field<VirtualAddress>(x86: 0x1C, x64: 0x38)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 0x20 : 0x40 }
}

/// A block that a driver registers: `WMIGUIDREGINFO`.
struct WMIGUIDRegistration: GuestStructure {
  let guid = Field<VirtualAddress>(x86: 0x00, x64: 0x00)
  let instanceCount = Field<UInt32>(x86: 0x04, x64: 0x08)
  let flags = Field<UInt32>(x86: 0x08, x64: 0x0C)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 0x0C : 0x10 }
}

/// `IO_STACK_LOCATION.Parameters.WMI`.
struct WMIParameters: GuestStructure {
  let providerID = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  let dataPath = Field<VirtualAddress>(x86: 0x08, x64: 0x10)
  let bufferSize = Field<UInt32>(x86: 0x0C, x64: 0x18)
  let buffer = Field<VirtualAddress>(x86: 0x10, x64: 0x20)

  static func size(on architecture: Architecture) -> Int { IOStackLocation.size(on: architecture) }
}

/// What the requests' buffers begin with: `WNODE_SINGLE_INSTANCE`, `WNODE_SINGLE_ITEM`,
/// `WNODE_METHOD_ITEM` and `WNODE_TOO_SMALL`, which are alike on both architectures.
enum WNode {
  static let bufferSize = 0x00
  static let flags = 0x2C
  /// `SizeNeeded` of `WNODE_TOO_SMALL`, and its size.
  static let sizeNeeded = 0x30
  static let tooSmallSize = 0x34
  static let instanceIndex = 0x34
  /// `DataBlockOffset` and `SizeDataBlock` of an instance.
  static let instanceDataOffset = 0x38
  static let instanceDataSize = 0x3C
  /// `ItemId` or `MethodId`; `DataBlockOffset` and `SizeDataItem` or `SizeDataBlock`.
  static let itemID = 0x38
  static let itemDataOffset = 0x3C
  static let itemDataSize = 0x40
  /// The bytes before the data of an instance, and of an item or method.
  static let instanceHeader = 0x40
  static let itemHeader = 0x44
  /// `WNODE_FLAG_TOO_SMALL`, `WNODE_FLAG_STATIC_INSTANCE_NAMES`.
  static let tooSmall: UInt32 = 0x20
  static let hasStaticNames: UInt32 = 0x80
}
