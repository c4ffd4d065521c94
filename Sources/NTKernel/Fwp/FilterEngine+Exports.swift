internal import GuestABI
internal import NTStructures

extension FilterEngine {
  /// The routines that drivers import to manage the engine and to register callouts.
  var exports: [Export] {
    engineExports + addingExports + removingExports + calloutExports + stateExports
  }

  private var engineExports: [Export] {
    [
      export("FwpmEngineOpen0") {
        [self]
        (
          server: VirtualAddress,
          authentication: UInt32,
          identity: VirtualAddress,
          session: GuestPointer<FWPMSession>,
          result: VirtualAddress
        ) in
        try open(server, authentication, identity, session, result)
      },
      export("FwpmEngineClose0", to: close(_:)),
      export("FwpmTransactionBegin0", to: begin(_:flags:)),
      export("FwpmTransactionCommit0", to: commit(_:)),
      export("FwpmTransactionAbort0", to: abort(_:)),
    ]
  }

  private var addingExports: [Export] {
    [
      export("FwpmProviderAdd0", to: addProvider(_:_:_:)),
      export("FwpmSubLayerAdd0", to: addSublayer(_:_:_:)),
      export("FwpmCalloutAdd0", to: addCallout(_:_:_:_:)),
      export("FwpmFilterAdd0", to: addFilter(_:_:_:_:)),
    ]
  }

  private var removingExports: [Export] {
    [
      export("FwpmProviderDeleteByKey0", to: removeProvider(_:_:)),
      export("FwpmSubLayerDeleteByKey0", to: removeSublayer(_:_:)),
      export("FwpmCalloutDeleteByKey0") { [self] (handle: VirtualAddress, key: VirtualAddress) in
        let key = try GUIDValue(at: key, in: memory)
        return try removeCallout(handle, "FwpmCalloutDeleteByKey0") { $0.object.key == key }
      },
      export("FwpmCalloutDeleteById0") { [self] (handle: VirtualAddress, id: UInt32) in
        try removeCallout(handle, "FwpmCalloutDeleteById0") { $0.id == id }
      },
      export("FwpmFilterDeleteByKey0") { [self] (handle: VirtualAddress, key: VirtualAddress) in
        let key = try GUIDValue(at: key, in: memory)
        return try removeFilter(handle, "FwpmFilterDeleteByKey0") { $0.object.key == key }
      },
      export("FwpmFilterDeleteById0") { [self] (handle: VirtualAddress, id: UInt64) in
        try removeFilter(handle, "FwpmFilterDeleteById0") { $0.id == id }
      },
    ]
  }

  private var calloutExports: [Export] {
    (0...3).map { version in
      export("FwpsCalloutRegister\(version)") {
        [self]
        (device: VirtualAddress, callout: GuestPointer<FWPSCallout>, id: VirtualAddress) in
        try register(callout, id, version: version)
      }
    } + [
      export("FwpsCalloutUnregisterByKey0") { [self] (key: VirtualAddress) in
        try unregister(GUIDValue(at: key, in: memory))
      },
      export("FwpsCalloutUnregisterById0") { [self] (id: UInt32) in
        guard let found = routines.first(where: { $0.value.id == id }) else {
          return NTStatus.fwpCalloutNotFound
        }
        return unregister(found.key)
      },
      export("FwpsFlowAssociateContext0") {
        [self]
        (flow: UInt64, layer: UInt16, callout: UInt32, context: UInt64) in
        guard context != 0,
          let found = routines.values.first(where: { $0.id == callout }),
          found.flowDelete != .null
        else { return NTStatus.invalidParameter }
        throw Unmodelled("FwpsFlowAssociateContext0 with flow \(flow), of which there are none")
      },
      export("FwpsFlowRemoveContext0") { (flow: UInt64, layer: UInt16, callout: UInt32) in
        // There are no flows, so none with which a context is associated.
        NTStatus.unsuccessful
      },
    ]
  }

  /// Registers the routines of a callout.
  ///
  /// The corresponding kernel routines are `FwpsCalloutRegister0` to `FwpsCalloutRegister3`.
  private func register(
    _ callout: GuestPointer<FWPSCallout>,
    _ id: VirtualAddress,
    version: Int
  ) throws -> NTStatus {
    let key = try GUIDValue(at: callout.address, in: memory)
    guard routines[key] == nil else { return .fwpAlreadyExists }
    let view = memory[callout]
    let number = calloutID(key)
    if id != .null { try memory.store(number, at: id) }
    routines[key] = Routines(
      id: number,
      notify: try view.notify,
      flowDelete: try view.flowDelete,
      version: version
    )
    return .success
  }

  /// Forgets the routines of a callout, also if filters call it.
  private func unregister(_ key: GUIDValue) -> NTStatus {
    routines.removeValue(forKey: key) == nil ? .fwpCalloutNotFound : .success
  }

  private var stateExports: [Export] {
    [
      // FWPM_SERVICE_RUNNING.
      export("FwpmBfeStateGet0") { () in UInt32(3) },
      export("FwpmBfeStateSubscribeChanges0") {
        [self]
        (
          device: VirtualAddress,
          callback: VirtualAddress,
          context: VirtualAddress,
          result: VirtualAddress
        ) in
        guard let handle = try makeHandle() else { return NTStatus.insufficientResources }
        try memory.store(handle, at: result)
        subscriptions.insert(handle)
        return NTStatus.success
      },
      export("FwpmBfeStateUnsubscribeChanges0") { [self] (handle: VirtualAddress) in
        guard subscriptions.remove(handle) != nil else {
          throw Unmodelled("FwpmBfeStateUnsubscribeChanges0 of a handle that is none")
        }
        try manager.freePool(handle, caller: manager.context.caller)
        return NTStatus.success
      },
    ]
  }
}
