internal import GuestABI

extension MemoryManager {
  /// Tells of a call at a higher IRQL than the routine's documents allow.
  ///
  /// - Parameters:
  ///   - routine: The routine, and how it was called if that matters.
  ///   - irql: The level of the call.
  ///   - limit: The highest level that is allowed.
  public func reportIRQL(_ routine: String, _ irql: IRQL, limit: IRQL) {
    report(
      .irqlTooHigh,
      "\(routine) is called at IRQL \(irql.rawValue), which is above \(limit.name)",
      isCertain: !routine.hasPrefix("Rtl")
    )
  }

  /// Tells of a call that pages may have to be read in for, if the IRQL does not allow that.
  func checkIRQL(_ routine: @autoclosure () -> String) {
    // Above DISPATCH_LEVEL the routine's own limit is told.
    guard context.irql == .dispatch else { return }
    reportIRQL(routine(), context.irql, limit: .apc)
  }
}

extension IRQL {
  /// The name in the headers, of the levels that both architectures share.
  fileprivate var name: String {
    switch self {
    case .passive: "PASSIVE_LEVEL"
    case .apc: "APC_LEVEL"
    default: "DISPATCH_LEVEL"
    }
  }
}
