internal import GuestABI
internal import NTStructures

extension FilterEngine {
  private typealias Change = (NTStatus, Notification?)

  /// What all objects are checked for before they are added.
  ///
  /// - Returns: The object, or why it cannot be added.
  private func object(
    at address: VirtualAddress,
    _ handle: VirtualAddress,
    _ session: Session,
    hasProvider: Bool = true
  ) throws -> Attempt<FilterEngineObjects.Object> {
    let view = memory[GuestPointer<FWPMObject>(address)]
    guard try view.displayName != .null else { return .failed(.fwpNullDisplayName) }
    let given = try GUIDValue(at: address, in: memory)
    var provider: GUIDValue?
    if hasProvider, try view.providerKey != .null {
      let key = try GUIDValue(at: view.providerKey, in: memory)
      guard objects.providers[key] != nil else { return .failed(.fwpProviderNotFound) }
      provider = key
    }
    return .done(
      FilterEngineObjects.Object(
        key: given.isZero ? makeKey() : given,
        dynamicSession: session.isDynamic ? handle : nil,
        provider: provider
      )
    )
  }

  /// Adds a provider.
  ///
  /// The corresponding kernel routine is `FwpmProviderAdd0`.
  func addProvider(
    _ handle: VirtualAddress,
    _ provider: VirtualAddress,
    _ security: VirtualAddress
  ) throws -> Completion {
    try change(handle, "FwpmProviderAdd0") { session -> Change in
      switch try object(at: provider, handle, session, hasProvider: false) {
      case .failed(let status): return (status, nil)
      case .done(let object):
        guard objects.providers[object.key] == nil else { return (.fwpAlreadyExists, nil) }
        objects.providers[object.key] = object
        return (.success, nil)
      }
    }
  }

  /// Adds a sublayer.
  ///
  /// The corresponding kernel routine is `FwpmSubLayerAdd0`.
  func addSublayer(
    _ handle: VirtualAddress,
    _ sublayer: VirtualAddress,
    _ security: VirtualAddress
  ) throws -> Completion {
    try change(handle, "FwpmSubLayerAdd0") { session -> Change in
      switch try object(at: sublayer, handle, session) {
      case .failed(let status): return (status, nil)
      case .done(let object):
        guard objects.sublayers[object.key] == nil, !builtInSublayers.contains(object.key) else {
          return (.fwpAlreadyExists, nil)
        }
        let weight = try memory.load(
          UInt16.self,
          at: sublayer + (memory.architecture == .x86 ? 0x28 : 0x40)
        )
        objects.sublayers[object.key] = (object, weight)
        return (.success, nil)
      }
    }
  }

  /// Adds a callout's management object.
  ///
  /// The corresponding kernel routine is `FwpmCalloutAdd0`.
  func addCallout(
    _ handle: VirtualAddress,
    _ callout: VirtualAddress,
    _ security: VirtualAddress,
    _ id: VirtualAddress
  ) throws -> Completion {
    try change(handle, "FwpmCalloutAdd0") { session -> Change in
      switch try object(at: callout, handle, session) {
      case .failed(let status): return (status, nil)
      case .done(let object):
        guard objects.callouts[object.key] == nil else { return (.fwpAlreadyExists, nil) }
        let view = memory[GuestPointer<FWPMCallout>(callout)]
        let layer = try GUIDValue(at: view.address(of: \.applicableLayer), in: memory)
        guard layers.contains(layer) else { return (.fwpLayerNotFound, nil) }
        let number = calloutID(object.key)
        if id != .null { try memory.store(number, at: id) }
        objects.callouts[object.key] = FilterEngineObjects.Callout(
          object: object,
          layer: layer,
          id: number
        )
        return (.success, nil)
      }
    }
  }

  /// Adds a filter.
  ///
  /// The corresponding kernel routine is `FwpmFilterAdd0`.
  func addFilter(
    _ handle: VirtualAddress,
    _ filter: VirtualAddress,
    _ security: VirtualAddress,
    _ id: VirtualAddress
  ) throws -> Completion {
    try change(handle, "FwpmFilterAdd0") { session -> Change in
      switch try object(at: filter, handle, session) {
      case .failed(let status): return (status, nil)
      case .done(let object):
        guard objects.filters[object.key] == nil else { return (.fwpAlreadyExists, nil) }
        switch try self.filter(GuestPointer<FWPMFilter>(filter), object) {
        case .failed(let status): return (status, nil)
        case .done(let filter):
          if id != .null { try memory.store(filter.id, at: id) }
          objects.filters[object.key] = filter
          return (.success, Notification(filter: filter, isAdded: true))
        }
      }
    }
  }

  /// Reads a filter.
  private func filter(
    _ filter: GuestPointer<FWPMFilter>,
    _ object: FilterEngineObjects.Object
  ) throws -> Attempt<FilterEngineObjects.Filter> {
    let view = memory[filter]
    let layer = try GUIDValue(at: view.address(of: \.layerKey), in: memory)
    guard layers.contains(layer) else { return .failed(.fwpLayerNotFound) }
    // GUID_NULL means the default sublayer, which always exists.
    let sublayer = try GUIDValue(at: view.address(of: \.sublayerKey), in: memory)
    guard
      sublayer.isZero || objects.sublayers[sublayer] != nil || builtInSublayers.contains(sublayer)
    else { return .failed(.fwpSublayerNotFound) }
    let count = try view.conditionCount
    guard try count == 0 || view.conditions != .null else { return .failed(.fwpNullPointer) }
    guard let weight = try weight(of: filter) else { return .failed(.fwpInvalidWeight) }
    let action = try view.actionType
    var callout: GUIDValue?
    switch action {
    case 0x1001, 0x1002: break
    case 0x5003, 0x6004, 0x4005:
      // FWP_ACTION_CALLOUT_TERMINATING, …_INSPECTION and …_UNKNOWN.
      let key = try GUIDValue(at: view.address(of: \.calloutKey), in: memory)
      guard let found = objects.callouts[key] else { return .failed(.fwpCalloutNotFound) }
      guard found.layer == layer else { return .failed(.fwpIncompatibleLayer) }
      callout = key
    default: return .failed(.fwpInvalidActionType)
    }
    return .done(
      FilterEngineObjects.Filter(
        object: object,
        id: makeFilterID(),
        layer: layer,
        sublayer: sublayer,
        callout: callout,
        actionType: action,
        weight: weight,
        hasConditions: count > 0,
        context: try view.rawContext
      )
    )
  }

  /// Returns a filter's weight, or nil if it is not one.
  ///
  /// It is empty, or 0 to 15 and then the upper four bits, for the engine to fill in the rest; or 64
  /// bits (Win32, "Filter Weight Assignment").
  private func weight(of filter: GuestPointer<FWPMFilter>) throws -> UInt64? {
    let view = memory[filter]
    switch try view.weightType {
    case 0: return 0
    case 1:
      let value = try view.weight.rawValue & 0xFF
      return value < 16 ? value << 60 : nil
    case 4:
      let place = try VirtualAddress(rawValue: view.weight.rawValue)
      return try memory.load(at: place)
    default: return nil
    }
  }

  // Removing

  /// Removes an object by its key.
  ///
  /// - Parameters:
  ///   - handle: The session.
  ///   - key: Where the key is.
  ///   - routine: The routine that was called.
  ///   - body: Removes the object and returns a status.
  /// - Returns: The status, once the callouts are told.
  /// - Throws: What ``change(_:_:_:)`` throws, or a `GuestFault` if the key cannot be read.
  private func remove(
    _ handle: VirtualAddress,
    _ key: VirtualAddress,
    _ routine: String,
    _ body: (GUIDValue) throws -> Change
  ) throws -> Completion {
    let key = try GUIDValue(at: key, in: memory)
    return try change(handle, routine) { _ in try body(key) }
  }

  /// Refuses to remove what another, dynamic session made.
  private func check(
    _ object: FilterEngineObjects.Object,
    _ handle: VirtualAddress,
    _ routine: String
  ) throws {
    guard let owner = object.dynamicSession, owner != handle else { return }
    throw Unmodelled("\(routine) of another session's dynamic object")
  }

  /// The routines that remove an object by its key.
  func removeProvider(_ handle: VirtualAddress, _ key: VirtualAddress) throws -> Completion {
    let routine = "FwpmProviderDeleteByKey0"
    return try remove(handle, key, routine) { key in
      guard let object = objects.providers[key] else { return (.fwpProviderNotFound, nil) }
      try check(object, handle, routine)
      guard !objects.usesProvider(key) else { return (.fwpInUse, nil) }
      objects.providers[key] = nil
      return (.success, nil)
    }
  }

  /// Removes a sublayer, which no filter may be in.
  func removeSublayer(_ handle: VirtualAddress, _ key: VirtualAddress) throws -> Completion {
    let routine = "FwpmSubLayerDeleteByKey0"
    return try remove(handle, key, routine) { key in
      guard !builtInSublayers.contains(key) else { return (.fwpBuiltinObject, nil) }
      guard let sublayer = objects.sublayers[key] else { return (.fwpSublayerNotFound, nil) }
      try check(sublayer.object, handle, routine)
      guard !objects.filters.values.contains(where: { $0.sublayer == key }) else {
        return (.fwpInUse, nil)
      }
      objects.sublayers[key] = nil
      return (.success, nil)
    }
  }

  /// Removes a callout, which no filter may call.
  func removeCallout(
    _ handle: VirtualAddress,
    _ routine: String,
    where condition: (FilterEngineObjects.Callout) -> Bool
  ) throws -> Completion {
    try change(handle, routine) { _ -> Change in
      guard let callout = objects.callouts.values.first(where: condition) else {
        return (.fwpCalloutNotFound, nil)
      }
      let key = callout.object.key
      try check(callout.object, handle, routine)
      guard !objects.filters.values.contains(where: { $0.callout == key }) else {
        return (.fwpInUse, nil)
      }
      objects.callouts[key] = nil
      return (.success, nil)
    }
  }

  /// Removes a filter.
  func removeFilter(
    _ handle: VirtualAddress,
    _ routine: String,
    where condition: (FilterEngineObjects.Filter) -> Bool
  ) throws -> Completion {
    try change(handle, routine) { _ -> Change in
      guard let filter = objects.filters.values.first(where: condition) else {
        return (.fwpFilterNotFound, nil)
      }
      try check(filter.object, handle, routine)
      objects.filters[filter.object.key] = nil
      return (.success, Notification(filter: filter, isAdded: false))
    }
  }
}
