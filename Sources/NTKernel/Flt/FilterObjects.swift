internal import GuestABI
internal import NTStructures

/// A mini-filter that is registered: `FLT_FILTER`.
final class MiniFilter {
  /// What a mini-filter uses as contexts of one kind.
  struct ContextKind {
    let type: UInt16
    /// Whether a smaller context is taken from this kind.
    let takesSmaller: Bool
    let cleanup: VirtualAddress
    /// The bytes, or nil for any.
    let byteCount: Int?
    let tag: UInt32
    let allocate: VirtualAddress
    let free: VirtualAddress
  }

  /// The call-backs of one operation.
  struct Operation {
    let majorFunction: UInt8
    let flags: UInt32
    let pre: VirtualAddress
    let post: VirtualAddress
  }

  /// Where instances begin and end.
  struct Callbacks {
    let unload: VirtualAddress
    let instanceSetup: VirtualAddress
    let instanceQueryTeardown: VirtualAddress
    let teardownStart: VirtualAddress
    let teardownComplete: VirtualAddress
  }

  /// How an instance is made by default: what the registry says.
  struct InstanceDefinition {
    let name: String
    let altitude: String
    /// Bit 0: no automatic attachments; bit 1: no manual ones.
    let flags: UInt32
  }

  let address: VirtualAddress
  let driver: GuestPointer<DriverObject>
  let name: String
  let contextKinds: [ContextKind]
  let operations: [Operation]
  let callbacks: Callbacks
  let instance: InstanceDefinition
  var isFiltering = false
  /// Whether it is being unregistered.
  var isEnding = false
  /// Its instances, in the order in which they were made.
  var instances: [MiniFilterInstance] = []

  init(
    at address: VirtualAddress,
    driver: GuestPointer<DriverObject>,
    name: String,
    contextKinds: [ContextKind],
    operations: [Operation],
    callbacks: Callbacks,
    instance: InstanceDefinition
  ) {
    self.address = address
    self.driver = driver
    self.name = name
    self.contextKinds = contextKinds
    self.operations = operations
    self.callbacks = callbacks
    self.instance = instance
  }
}

/// A mini-filter at a volume: `FLT_INSTANCE`.
final class MiniFilterInstance {
  let address: VirtualAddress
  let filter: VirtualAddress
  let volume: FilteredVolume
  let name: String
  let altitude: String

  init(
    at address: VirtualAddress,
    filter: VirtualAddress,
    volume: FilteredVolume,
    name: String,
    altitude: String
  ) {
    self.address = address
    self.filter = filter
    self.volume = volume
    self.name = name
    self.altitude = altitude
  }
}

/// A volume that mini-filters can attach to: `FLT_VOLUME`.
final class FilteredVolume {
  let address: VirtualAddress
  let name: String
  /// `DEVICE_TYPE` of the volume's file system.
  let deviceType: UInt32
  /// `FLT_FILESYSTEM_TYPE`.
  let fileSystem: UInt32
  /// The filter manager's device above the volume, or null if there is none.
  var device = GuestPointer<DeviceObject>(.null)
  /// The device that was the highest before.
  var lower = GuestPointer<DeviceObject>(.null)

  init(at address: VirtualAddress, name: String, deviceType: UInt32, fileSystem: UInt32) {
    self.address = address
    self.name = name
    self.deviceType = deviceType
    self.fileSystem = fileSystem
  }
}

/// Memory of a mini-filter's that belongs to an object: what `FltAllocateContext` gives out.
final class FilterContext {
  let filter: VirtualAddress
  let kind: MiniFilter.ContextKind
  var referenceCount = 1
  /// What it is set on, while it is.
  var key: FilterContextKey?

  init(filter: VirtualAddress, kind: MiniFilter.ContextKind) {
    self.filter = filter
    self.kind = kind
  }
}

/// What a context is set on: an object, as one filter or one of its instances sees it.
struct FilterContextKey: Hashable {
  let type: UInt16
  /// The filter of a volume's context, else the instance.
  let owner: VirtualAddress
  /// The volume, instance, file or stream.
  let object: VirtualAddress
}
