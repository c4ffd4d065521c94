internal import GuestABI
internal import NTStructures

extension FilterManager {
  /// Registers a mini-filter.
  ///
  /// The corresponding kernel routine is `FltRegisterFilter`.
  ///
  /// - Parameters:
  ///   - driver: Its driver.
  ///   - registration: What it registers.
  ///   - result: Where the filter goes.
  /// - Returns: `STATUS_INVALID_PARAMETER` for another major version, `STATUS_OBJECT_NAME_NOT_FOUND` if
  ///   the registry has no instance for it, and others.
  /// - Throws: ``Unmodelled`` for what is not documented.
  func register(
    _ driver: GuestPointer<DriverObject>,
    _ registration: GuestPointer<FltRegistration>,
    _ result: VirtualAddress
  ) throws -> NTStatus {
    let view = memory[registration]
    // The minor version may be any: a filter for a newer filter manager registers as well.
    guard try view.version & 0xFF00 == 0x0200 else { return .invalidParameter }
    guard try view.generateFileName == .null, try view.normalizeNameComponent == .null else {
      throw Unmodelled("FltRegisterFilter of a name provider")
    }
    let kinds: [MiniFilter.ContextKind]
    switch try contextKinds(at: view.contexts) {
    case .failed(let status): return status
    case .done(let found): kinds = found
    }
    guard !filters.contains(where: { $0.driver == driver }) else {
      throw Unmodelled("FltRegisterFilter of a driver that is registered")
    }
    let service = try serviceName(of: driver)
    guard let definition = try instanceDefinition(of: service) else { return .objectNameNotFound }
    guard let address = try allocate(0x40) else { return .insufficientResources }
    try mountVolumes()
    let filter = MiniFilter(
      at: address,
      driver: driver,
      name: service,
      contextKinds: kinds,
      operations: try operations(at: view.operations),
      callbacks: MiniFilter.Callbacks(
        unload: try view.unload,
        instanceSetup: try view.instanceSetup,
        instanceQueryTeardown: try view.instanceQueryTeardown,
        teardownStart: try view.instanceTeardownStart,
        teardownComplete: try view.instanceTeardownComplete
      ),
      instance: definition
    )
    filters.append(filter)
    try memory.store(address, at: result)
    // A service stop comes through the filter manager, or not at all.
    let canStop = try filter.callbacks.unload != .null && view.flags & 1 == 0
    let unload = canStop ? try addressOfRoutine(Self.unloadRoutine) : .null
    try memory[driver].store(GuestFunction(unload), in: \.driverUnload)
    return .success
  }

  /// Reads the kinds of contexts.
  private func contextKinds(at first: VirtualAddress) throws -> Attempt<[MiniFilter.ContextKind]> {
    guard first != .null else { return .done([]) }
    var kinds: [MiniFilter.ContextKind] = []
    let size = FltContextRegistration.size(on: memory.architecture)
    for index in 0..<64 {
      let view = memory[GuestPointer<FltContextRegistration>(first + index * size)]
      let type = try view.type
      if type == 0xFFFF { return .done(kinds) }
      guard type.nonzeroBitCount == 1, type <= 0x40 else {
        return .failed(.fltInvalidContextRegistration)
      }
      let count = try view.byteCount.rawValue
      let any: UInt64 = memory.architecture == .x86 ? 0xFFFF_FFFF : .max
      kinds.append(
        MiniFilter.ContextKind(
          type: type,
          takesSmaller: try view.flags & 1 != 0,
          cleanup: try view.cleanup,
          byteCount: count == any ? nil : Int(clamping: count),
          tag: try view.tag,
          allocate: try view.allocate,
          free: try view.free
        )
      )
    }
    throw Unmodelled("FltRegisterFilter of more than 64 kinds of contexts")
  }

  /// Reads the operations.
  private func operations(at first: VirtualAddress) throws -> [MiniFilter.Operation] {
    guard first != .null else { return [] }
    var operations: [MiniFilter.Operation] = []
    let size = FltOperationRegistration.size(on: memory.architecture)
    for index in 0..<256 {
      let view = memory[GuestPointer<FltOperationRegistration>(first + index * size)]
      let major = try view.majorFunction
      // IRP_MJ_OPERATION_END.
      if major == 0x80 { return operations }
      operations.append(
        MiniFilter.Operation(
          majorFunction: major,
          flags: try view.flags,
          pre: try view.preOperation,
          post: try view.postOperation
        )
      )
    }
    throw Unmodelled("FltRegisterFilter of more than 256 operations")
  }

  /// The name of a driver's service, which is also that of its driver object.
  private func serviceName(of driver: GuestPointer<DriverObject>) throws -> String {
    let place = memory[driver].address(of: \.driverName)
    let name = try memory.text(of: GuestPointer<CountedString>(place))
    return name.split(separator: "\\").last.map(String.init) ?? name
  }

  /// Reads from the registry how the filter's instances are made.
  ///
  /// - Parameter service: The name of the service.
  /// - Returns: The definition, or nil if the registry lacks one of its values.
  /// - Throws: ``Unmodelled`` if a value is not of its documented type.
  private func instanceDefinition(
    of service: String
  ) throws -> MiniFilter.InstanceDefinition? {
    let services = #"\MACHINE\SYSTEM\CurrentControlSet\Services"#
    let (key, missing) = try registry.find("\(services)\\\(service)", in: registry.root)
    guard missing.isEmpty, let instances = key.subkey("Instances"),
      let name = text(instances.value("DefaultInstance")),
      let instance = instances.subkey(name),
      let altitude = text(instance.value("Altitude"))
    else { return nil }
    let data = instance.value("Flags")?.data ?? []
    let flags = data.prefix(4).enumerated().reduce(UInt32(0)) { $0 | UInt32($1.1) << (8 * $1.0) }
    return MiniFilter.InstanceDefinition(name: name, altitude: altitude, flags: flags)
  }

  private func text(_ value: RegistryValue?) -> String? {
    guard let value, value.type == .string else { return nil }
    let units = stride(from: 0, to: value.data.count & ~1, by: 2).map {
      UInt16(value.data[$0]) | UInt16(value.data[$0 + 1]) << 8
    }
    return String(decoding: units.prefix { $0 != 0 }, as: UTF16.self)
  }

  /// Lets a filter take part.
  ///
  /// The corresponding kernel routine is `FltStartFiltering`.
  func startFiltering(_ address: VirtualAddress) throws -> Completion {
    let filter = try filter(address, "FltStartFiltering")
    guard !filter.isFiltering else { return .returned(NTStatus.invalidParameter) }
    filter.isFiltering = true
    return try attachToAll(filter, volumes[...]) { .returned(NTStatus.success) }
  }

  /// Ends a filter: its instances are torn down and its contexts removed.
  ///
  /// The corresponding kernel routine is `FltUnregisterFilter`.
  func unregister(_ address: VirtualAddress) throws -> Completion {
    let filter = try filter(address, "FltUnregisterFilter")
    guard !filter.isEnding else {
      throw Unmodelled("FltUnregisterFilter of a filter that is being unregistered")
    }
    filter.isEnding = true
    return try disconnectAll(of: address) { [self] in
      try tearDownAll(filter) { [self] in
        try removeContexts(where: { $0.owner == address }) { [self] in
          try remove(filter)
          return .done
        }
      }
    }
  }

  /// Forgets a filter that has ended.
  private func remove(_ filter: MiniFilter) throws {
    // The routine waits until others have given their references back.
    guard references[filter.address] ?? 0 == 0 else {
      throw Unmodelled("FltUnregisterFilter of a filter with references (it waits for ever)")
    }
    let left = contexts.values.filter { $0.filter == filter.address }.count
    guard left == 0 else {
      throw Unmodelled("FltUnregisterFilter with \(left) contexts not released (it waits for ever)")
    }
    filters.removeAll { $0 === filter }
    try manager.freePool(filter.address)
  }

  /// Unloads a mini-filter's driver, as a service is stopped.
  func unload(_ driver: GuestPointer<DriverObject>) throws -> Completion {
    guard let filter = filters.first(where: { $0.driver == driver }) else { return .done }
    // FLTFL_FILTER_UNLOAD_MANDATORY: whatever it returns, the driver is unloaded.
    return .call(GuestCall(filter.callbacks.unload, 1)) { [self] _ in
      guard !filters.contains(where: { $0 === filter }) else {
        throw Unmodelled("a mini-filter that is unloaded but has not called FltUnregisterFilter")
      }
      return .done
    }
  }
}
