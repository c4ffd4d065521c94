/// A processor's interrupt request level, by the names that documents use.
public enum IRQLLevel: Int, Hashable, Sendable, CaseIterable, Comparable {
  case passive, apc, dispatch, device, ipi, high

  public static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }

  init?(documented text: some StringProtocol) {
    switch text {
    case "PASSIVE", "PASSIVE_LEVEL": self = .passive
    case "APC_LEVEL": self = .apc
    case "DISPATCH_LEVEL", "DPC_LEVEL": self = .dispatch
    case "DIRQL": self = .device
    case "IPI_LEVEL": self = .ipi
    case "HIGH_LEVEL": self = .high
    default: return nil
    }
  }
}

/// The levels at which a routine may be called.
public enum IRQLRule: Hashable, Sendable {
  case any
  case exactly(IRQLLevel)
  case atMost(IRQLLevel)
  case below(IRQLLevel)
  case atLeast(IRQLLevel)

  /// Whether a level is allowed.
  public func allows(_ level: IRQLLevel) -> Bool {
    switch self {
    case .any: true
    case .exactly(let wanted): level == wanted
    case .atMost(let limit): level <= limit
    case .below(let limit): level < limit
    case .atLeast(let limit): level >= limit
    }
  }

  /// Reads what documents write, such as "IRQL <= DISPATCH_LEVEL (see Remarks section)".
  init?(documented text: String) {
    let plain = text.prefix { $0 != "(" }.filter { $0 != " " && $0 != "." }
    let rule = plain.hasPrefix("IRQL") ? plain.dropFirst(4) : plain[...]
    if rule == "Any" || rule == "Anylevel" {
      self = .any
    } else if let level = IRQLLevel(documented: rule.drop { $0 == "=" }) {
      self = .exactly(level)
    } else if let level = Self.level(after: "<=", in: rule) {
      self = .atMost(level)
    } else if let level = Self.level(after: ">=", in: rule) {
      self = .atLeast(level)
    } else if let level = Self.level(after: "<", in: rule) {
      self = .below(level)
    } else {
      return nil
    }
  }

  private static func level(after sign: String, in text: Substring) -> IRQLLevel? {
    text.hasPrefix(sign) ? IRQLLevel(documented: text.dropFirst(sign.count)) : nil
  }
}
