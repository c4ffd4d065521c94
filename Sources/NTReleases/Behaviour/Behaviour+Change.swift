extension Behaviour {
  /// A release's value for one property.
  public struct Change: Sendable {
    /// The first release with the value.
    public let release: Release

    /// The known difference that describes the change, where there is one.
    public let differenceID: String?

    /// Where the value was learned.
    public let evidence: Evidence

    /// How sure it is.
    public let confidence: Confidence

    /// The value, as a report shows it.
    public let value: String

    let keyPath: any PartialKeyPath<Behaviour> & Sendable
    let apply: @Sendable (inout Behaviour) -> Void

    /// The property's name.
    public var property: String { String("\(keyPath)".dropFirst(#"\Behaviour."#.count)) }

    /// The known difference that describes the change, where there is one.
    public var difference: KnownDifference? { differenceID.flatMap(KnownDifference.init(id:)) }

    /// The value before, as a report shows it; `nil` for NT 3.1.
    public var previousValue: String? {
      Behaviour.history.last { $0.keyPath == keyPath && $0.release < release }?.value
    }
  }
}

extension Behaviour.Change {
  /// What a property is from a release on.
  static func since<Value: Sendable>(
    _ release: Release,
    _ property: any WritableKeyPath<Behaviour, Value> & Sendable,
    _ value: Value,
    _ difference: String? = nil,
    evidence: Evidence,
    confidence: Confidence? = nil
  ) -> Self {
    Self(
      release: release,
      differenceID: difference,
      evidence: evidence,
      confidence: confidence ?? (evidence.isConfirmed ? .high : .low),
      value: Self.text(of: value),
      keyPath: property,
      apply: { $0[keyPath: property] = value }
    )
  }

  /// What a property is in NT 3.1.
  static func first<Value: Sendable>(
    _ property: any WritableKeyPath<Behaviour, Value> & Sendable,
    _ difference: String? = nil,
    evidence: Evidence,
    confidence: Confidence? = nil
  ) -> Self {
    since(
      .nt310,
      property,
      Behaviour()[keyPath: property],
      difference,
      evidence: evidence,
      confidence: confidence
    )
  }

  private static func text(of value: some Any) -> String {
    switch value {
    case let code as UInt32: "0x" + String(code, radix: 16, uppercase: true)
    case let formats as [PageTableFormat]: formats.map { "\($0)" }.joined(separator: " or ")
    default: "\(value)"
    }
  }
}

extension Behaviour {
  /// Every value that any release has, by property in the order of releases.
  ///
  /// A line of which only the evidence is new repeats the value before it.
  public static let history: [Change] =
    mappingHistory + mdlHistory + poolHistory + faultHistory + architectureHistory
    + objectHistory + limitHistory + systemHistory + processorHistory + executiveHistory
    + loadingHistory
    + deviceHistory
    + runtimeHistory
    + networkHistory
    + fileHistory
    + moduleHistory

  /// The changes that a driver meets when it moves between two releases, oldest first.
  ///
  /// Changes are left out that a later one undoes, or that only add evidence. The order of the two
  /// does not matter: the changes are those from the earlier to the later.
  public static func changes(from first: Release, to second: Release) -> [Change] {
    let (old, new) = (min(first, second), max(first, second))
    return history.filter { change in
      old < change.release && change.release <= new && change.previousValue != change.value
        && evidence(of: change.keyPath, in: old)?.value
          != evidence(of: change.keyPath, in: new)?.value
    }
    .sorted { $0.release < $1.release }
  }

  /// How a property's value in a release is known.
  public static func evidence(
    of property: PartialKeyPath<Behaviour>,
    in release: Release
  ) -> Change? {
    history.last { $0.keyPath == property && $0.release <= release }
  }
}
