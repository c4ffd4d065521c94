internal import GuestABI
internal import NTStructures

extension FilterEngine {
  /// Tells callouts that filters which call them come or go.
  ///
  /// The corresponding call-back is `FWPS_CALLOUT_NOTIFY_FN0`. It is not told of filters that were there
  /// before it was registered.
  ///
  /// - Parameters:
  ///   - notifications: What to tell.
  ///   - then: What follows, with `STATUS_SUCCESS`, or `STATUS_FWP_CALLOUT_NOTIFICATION_FAILED` if a
  ///     callout refused a filter.
  /// - Returns: What is left to do.
  /// - Throws: What `then` throws; ``Unmodelled`` for a filter that cannot be shown to a callout.
  func notify(
    _ notifications: ArraySlice<Notification>,
    then: @escaping (NTStatus) throws -> Completion
  ) throws -> Completion {
    var rest = notifications
    while let notification = rest.popFirst() {
      guard let key = notification.filter.callout, let routines = routines[key],
        routines.notify != .null
      else { continue }
      let next = rest
      return try call(routines, notification) { [self] status in
        if notification.isAdded, !status.isSuccess {
          return try then(.fwpCalloutNotificationFailed)
        }
        return try notify(next, then: then)
      }
    }
    return try then(.success)
  }

  private func call(
    _ routines: Routines,
    _ notification: Notification,
    then: @escaping (NTStatus) throws -> Completion
  ) throws -> Completion {
    let filter = notification.filter
    guard !filter.hasConditions else {
      throw Unmodelled("a callout's notifyFn for a filter with conditions")
    }
    let size = FWPSFilter.size(on: memory.architecture)
    // The filter, its weight, and its key.
    let tag: UInt32 = 0x6B70_7746
    guard let block = try manager.allocatePool(size + 0x18, .nonpaged, tag: tag) else {
      return try then(.insufficientResources)
    }
    try memory.fill(at: block, count: size + 0x18)
    let weight = block + size
    let key = block + (size + 8)
    try memory.store(filter.weight, at: weight)
    try filter.object.key.store(at: key, in: memory)
    let sublayerWeight = objects.sublayers[filter.sublayer]?.weight ?? 0
    let context = objects.filters[filter.object.key]?.context ?? filter.context
    try memory.modify(GuestPointer<FWPSFilter>(block)) { view in
      view.filterID = filter.id
      // FWP_UINT64.
      view.weightType = 4
      view.weight = weight
      view.sublayerWeight = sublayerWeight
      view.actionType = filter.actionType
      view.calloutID = routines.id
      view.context = context
    }
    // FWPS_CALLOUT_NOTIFY_ADD_FILTER is 0, FWPS_CALLOUT_NOTIFY_DELETE_FILTER 1, which has no key.
    let call = GuestCall(
      routines.notify,
      notification.isAdded ? 0 : 1,
      notification.isAdded ? key.rawValue : 0,
      block.rawValue
    )
    return .call(call) { [self] result in
      let context = try memory[GuestPointer<FWPSFilter>(block)].context
      objects.filters[filter.object.key]?.context = context
      try manager.freePool(block)
      return try then(NTStatus(guestBits: result))
    }
  }
}
