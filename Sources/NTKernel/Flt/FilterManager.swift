internal import GuestABI
internal import NTStructures

/// The filter manager, as mini-filters know it: `fltmgr.sys`.
///
/// There is one volume, `\Device\HarddiskVolume1` with NTFS. The facts are those of the pages of
/// `fltkernel.h`, and of its comments.
final class FilterManager {
  unowned let io: IoManager
  let memory: AddressSpace
  let manager: MemoryManager
  let objects: ObjectManager
  let registry: Registry
  let dispatcher: Dispatcher
  let addressOfRoutine: (String) throws -> VirtualAddress
  /// The mini-filters, in the order in which they registered.
  var filters: [MiniFilter] = []
  var volumes: [FilteredVolume] = []
  /// The references to filters, instances and volumes that drivers hold.
  var references: [VirtualAddress: Int] = [:]
  var contexts: [VirtualAddress: FilterContext] = [:]
  /// What contexts are set on.
  var links: [FilterContextKey: VirtualAddress] = [:]
  var ports: [VirtualAddress: CommunicationPort] = [:]
  var connections: [VirtualAddress: PortConnection] = [:]
  var nameReferences: [VirtualAddress: Int] = [:]
  var descriptors: Set<VirtualAddress> = []
  var workItems: Set<VirtualAddress> = []

  /// The routine that unloads a mini-filter's driver; it is not in the export table.
  static let unloadRoutine = "FltpUnloadDriver"

  init(
    _ io: IoManager,
    _ manager: MemoryManager,
    dispatcher: Dispatcher,
    objects: ObjectManager,
    registry: Registry,
    addressOfRoutine: @escaping (String) throws -> VirtualAddress
  ) {
    self.io = io
    self.manager = manager
    self.dispatcher = dispatcher
    self.objects = objects
    self.registry = registry
    self.addressOfRoutine = addressOfRoutine
    memory = manager.memory
  }

  /// Allocates memory of the filter manager's own.
  func allocate(_ byteCount: Int) throws -> VirtualAddress? {
    let tag: UInt32 = 0x6774_4D46  // FMtg
    guard let block = try manager.allocatePool(byteCount, .nonpaged, tag: tag) else { return nil }
    try memory.fill(at: block, count: byteCount)
    return block
  }

  /// Returns the filter at an address.
  func filter(_ address: VirtualAddress, _ routine: String) throws -> MiniFilter {
    guard let filter = filters.first(where: { $0.address == address }) else {
      throw Unmodelled("\(routine) with \(address), which is not a filter")
    }
    return filter
  }

  /// Returns the instance at an address.
  func instance(_ address: VirtualAddress, _ routine: String) throws -> MiniFilterInstance {
    for filter in filters {
      if let found = filter.instances.first(where: { $0.address == address }) { return found }
    }
    throw Unmodelled("\(routine) with \(address), which is not an instance")
  }

  /// Returns the volume at an address.
  func volume(_ address: VirtualAddress, _ routine: String) throws -> FilteredVolume {
    guard let volume = volumes.first(where: { $0.address == address }) else {
      throw Unmodelled("\(routine) with \(address), which is not a volume")
    }
    return volume
  }

  /// Whether an address is that of a filter, an instance or a volume.
  func isObject(_ address: VirtualAddress) -> Bool {
    filters.contains { filter in
      filter.address == address || filter.instances.contains { $0.address == address }
    } || volumes.contains { $0.address == address }
  }

  /// Makes the machine's volume known.
  func mountVolumes() throws {
    guard volumes.isEmpty, let address = try allocate(0x40) else { return }
    let volume = FilteredVolume(
      at: address,
      name: #"\Device\HarddiskVolume1"#,
      // FILE_DEVICE_DISK_FILE_SYSTEM, FLT_FSTYPE_NTFS.
      deviceType: 8,
      fileSystem: 2
    )
    volumes.append(volume)
    try attachDevice(to: volume)
  }

  // Instances

  /// Makes `FLT_RELATED_OBJECTS`.
  func makeRelatedObjects(
    _ filter: VirtualAddress,
    _ volume: VirtualAddress,
    _ instance: VirtualAddress,
    _ file: GuestPointer<FileObject> = GuestPointer(.null)
  ) throws -> GuestPointer<FltRelatedObjects> {
    let size = FltRelatedObjects.size(on: memory.architecture)
    guard let block = try allocate(size) else { throw RaisedStatus(.insufficientResources) }
    let related = GuestPointer<FltRelatedObjects>(block)
    try memory.modify(related) { related in
      related.size = UInt16(size)
      related.filter = filter
      related.volume = volume
      related.instance = instance
      related.fileObject = file
    }
    return related
  }

  /// Attaches a filter to a volume, if it wants to.
  ///
  /// - Parameters:
  ///   - filter: The filter.
  ///   - volume: The volume.
  ///   - definition: The instance's name and altitude.
  ///   - flags: `FLTFL_INSTANCE_SETUP_…`.
  ///   - then: What follows, with the instance, or why there is none.
  /// - Returns: What is left to do.
  /// - Throws: What `then` throws.
  func attach(
    _ filter: MiniFilter,
    to volume: FilteredVolume,
    _ definition: MiniFilter.InstanceDefinition,
    flags: UInt32,
    then: @escaping (Attempt<MiniFilterInstance>) throws -> Completion
  ) throws -> Completion {
    let others = filters.flatMap(\.instances).filter { $0.volume === volume }
    if others.contains(where: { $0.altitude == definition.altitude }) {
      return try then(.failed(.fltInstanceAltitudeCollision))
    }
    if filter.instances.contains(where: { $0.volume === volume && $0.name == definition.name }) {
      return try then(.failed(.fltInstanceNameCollision))
    }
    guard let address = try allocate(0x40) else { return try then(.failed(.insufficientResources)) }
    let instance = MiniFilterInstance(
      at: address,
      filter: filter.address,
      volume: volume,
      name: definition.name,
      altitude: definition.altitude
    )
    // The call-back may set a context on the instance already.
    filter.instances.append(instance)
    guard filter.callbacks.instanceSetup != .null else { return try then(.done(instance)) }
    let related = try makeRelatedObjects(filter.address, volume.address, address)
    let call = GuestCall(
      filter.callbacks.instanceSetup,
      related.address.rawValue,
      UInt64(flags),
      UInt64(volume.deviceType),
      UInt64(volume.fileSystem)
    )
    return .call(call) { [self] result in
      try manager.freePool(related.address)
      let status = NTStatus(guestBits: result)
      guard status != .success else { return try then(.done(instance)) }
      filter.instances.removeAll { $0 === instance }
      return try removeContexts(where: { $0.owner == address }) { [self] in
        try manager.freePool(address)
        return try then(.failed(status))
      }
    }
  }

  /// Attaches a filter to those volumes that it takes automatically.
  func attachToAll(
    _ filter: MiniFilter,
    _ rest: ArraySlice<FilteredVolume>,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    guard filter.instance.flags & 1 == 0, let volume = rest.first else { return try then() }
    // FLTFL_INSTANCE_SETUP_AUTOMATIC_ATTACHMENT.
    return try attach(filter, to: volume, filter.instance, flags: 1) { [self] _ in
      try attachToAll(filter, rest.dropFirst(), then: then)
    }
  }

  /// Takes an instance off its volume.
  ///
  /// - Parameters:
  ///   - instance: The instance.
  ///   - filter: Its filter.
  ///   - reason: `FLTFL_INSTANCE_TEARDOWN_…`.
  ///   - then: What follows.
  /// - Returns: What is left to do.
  /// - Throws: What `then` throws.
  func tearDown(
    _ instance: MiniFilterInstance,
    of filter: MiniFilter,
    reason: UInt32,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    let related = try makeRelatedObjects(
      filter.address,
      instance.volume.address,
      instance.address
    )
    let routines = [filter.callbacks.teardownStart, filter.callbacks.teardownComplete]
    return try call(
      routines.filter { $0 != .null }[...],
      [related.address.rawValue, UInt64(reason)]
    ) { [self] in
      try manager.freePool(related.address)
      filter.instances.removeAll { $0 === instance }
      return try removeContexts(where: { $0.owner == instance.address }) { [self] in
        references[instance.address] = nil
        try manager.freePool(instance.address)
        return try then()
      }
    }
  }

  private func call(
    _ routines: ArraySlice<VirtualAddress>,
    _ arguments: [UInt64],
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    guard let routine = routines.first else { return try then() }
    return .call(GuestCall(routine, arguments[0], arguments[1])) { [self] _ in
      try call(routines.dropFirst(), arguments, then: then)
    }
  }

  func tearDownAll(
    _ filter: MiniFilter,
    then: @escaping () throws -> Completion
  ) throws -> Completion {
    guard let instance = filter.instances.first else { return try then() }
    // FLTFL_INSTANCE_TEARDOWN_FILTER_UNLOAD.
    return try tearDown(instance, of: filter, reason: 2) { [self] in
      try tearDownAll(filter, then: then)
    }
  }
}
