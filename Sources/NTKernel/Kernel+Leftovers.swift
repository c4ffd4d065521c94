public import GuestABI

extension Kernel {
  /// What a driver must take back before its image goes, in words: routines in it that would be called,
  /// timers in it that would expire and DPCs in it that would run.
  public func leftovers(in image: Range<VirtualAddress>) -> [String] {
    var found = notifications.leftovers(in: image) + callbackObjects.leftovers(in: image)
    for (_, timer) in dispatcher.timers where image.contains(timer.address) {
      found.append("the timer at \(timer.address), which is set")
    }
    for dpc in dispatcher.queuedDPCs where image.contains(dpc.address) {
      found.append("the DPC at \(dpc.address), which is queued")
    }
    return found
  }
}

extension SystemNotifications {
  /// The routines in an image that would be called.
  func leftovers(in image: Range<VirtualAddress>) -> [String] {
    let kinds = [
      ("processes", processRoutines.map(\.routine)), ("threads", threadRoutines),
      ("images", imageRoutines),
    ]
    return kinds.flatMap { kind, routines in
      routines.filter(image.contains).map { "the routine at \($0), which hears of \(kind)" }
    }
  }
}

extension CallbackObjects {
  /// The routines in an image that would be called.
  func leftovers(in image: Range<VirtualAddress>) -> [String] {
    callbacks.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { _, callback in
      callback.registrations.map(\.routine).filter(image.contains).map {
        "the routine at \($0), which is registered with a callback object"
      }
    }
  }
}
