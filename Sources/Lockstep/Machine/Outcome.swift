public import GuestABI
public import NTKernel

/// How something that the guest was asked to do ended.
public enum Outcome: Sendable {
  /// The routine returned this value.
  case returned(UInt64)
  /// The system stopped.
  case bugCheck(BugCheck, at: VirtualAddress)
  /// Something that is not modelled was needed.
  case unmodelled(String, at: VirtualAddress)
  /// The instructions that were allowed are used up.
  case budgetExhausted(at: VirtualAddress)
  /// All threads wait for something that will not happen.
  case deadlock(at: VirtualAddress)

  /// The same outcome of what a driver did at an address, if one is known.
  func at(_ origin: VirtualAddress) -> Self {
    guard origin != .null else { return self }
    return switch self {
    case .returned: self
    case .bugCheck(let bugCheck, _): .bugCheck(bugCheck, at: origin)
    case .unmodelled(let name, _): .unmodelled(name, at: origin)
    case .budgetExhausted: .budgetExhausted(at: origin)
    case .deadlock: .deadlock(at: origin)
    }
  }

  /// Where the guest was, if it did not finish.
  public var address: VirtualAddress? {
    switch self {
    case .returned: nil
    case .bugCheck(_, let address), .unmodelled(_, let address), .budgetExhausted(let address),
      .deadlock(let address):
      address
    }
  }
}
