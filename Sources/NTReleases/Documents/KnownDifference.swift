/// A behaviour that differs between releases and that drivers stumble over.
public struct KnownDifference: Hashable, Sendable, Identifiable {
  /// "KD-001" to "KD-073".
  public let id: String

  /// Between which releases it lies, in words.
  public let boundary: String

  /// The routine or mechanism.
  public let routine: String
  public let oldBehaviour: String
  public let newBehaviour: String
  public let howADriverBreaks: String
  public let portableIdiom: String

  /// Where it was learned.
  public let source: String

  /// How sure it is.
  public let confidence: Confidence

  /// How sure it is, in the words of the table.
  public let confidenceNote: String

  /// What it lies between.
  public let scope: Scope

  /// Whether the source names the releases of ``phases``, or only a range, an era or a document.
  public let isExact: Bool

  /// The first release of each phase, in the order of releases.
  ///
  /// Before the first one the difference does not apply, or nothing is known.
  public let phases: [Phase]
}

extension KnownDifference {
  /// What a difference lies between.
  public enum Scope: String, Hashable, Sendable, CaseIterable {
    /// Two releases can differ in it.
    case releases
    /// Every release has it, from its first phase on.
    case everywhere
    /// It lies between processors.
    case platform
    /// It lies in a product that is no ``Release``.
    case variant
  }

  /// From a release on, one way to behave.
  public struct Phase: Hashable, Sendable {
    public let first: Release
    /// Equal for equal behaviour, which may come back; `nil` if the behaviour is not known.
    public let behaviour: Character?
  }

  /// The last release of one phase and the first of the next.
  public struct Boundary: Hashable, Sendable {
    public let from: Release
    public let to: Release

    public init(from: Release, to: Release) {
      self.from = from
      self.to = to
    }
  }

  /// The pairs of releases between which the behaviour changes.
  public var boundaries: [Boundary] {
    phases.dropFirst().compactMap { phase in
      phase.first.predecessor.map { Boundary(from: $0, to: phase.first) }
    }
  }

  /// The phase that a release is in, or `nil` where the difference does not apply.
  public func phase(of release: Release) -> Phase? {
    phases.last { $0.first <= release }
  }

  /// Whether two releases differ in this, as far as is known.
  ///
  /// A phase of which nothing is known differs from every other. A release to which the difference
  /// does not apply differs from none.
  public func separates(_ first: Release, _ second: Release) -> Bool {
    guard let old = phase(of: first), let new = phase(of: second), old.first != new.first else {
      return false
    }
    return old.behaviour == nil || old.behaviour != new.behaviour
  }
}

extension KnownDifference: CaseIterable {
  /// Every difference, in the order of identifiers.
  public static let allCases = FactTable.knownDifferences.rows.map(KnownDifference.init)

  /// Finds a difference by its identifier: "KD-001", "kd-1" or "1".
  public init?(id: String) {
    let text = id.lowercased()
    let digits = text.hasPrefix("kd") ? text.dropFirst(2).drop { $0 == "-" } : text[...]
    guard let number = Int(digits),
      let found = Self.allCases.first(where: { Int($0.id.dropFirst(3)) == number })
    else { return nil }
    self = found
  }

  /// The differences between two releases, in either order.
  public static func between(_ first: Release, _ second: Release) -> [KnownDifference] {
    allCases.filter { $0.scope == .releases && $0.separates(first, second) }
  }

  /// The differences that lie between no two releases, but that come with something that is new in
  /// the later of two releases, or in one between them.
  public static func arriving(between first: Release, _ second: Release) -> [KnownDifference] {
    let (old, new) = (min(first, second), max(first, second))
    return allCases.filter { difference in
      guard difference.scope == .everywhere, let arrival = difference.phases.first?.first else {
        return false
      }
      return old < arrival && arrival <= new
    }
  }

  /// The differences that lie between no two releases, but that the release has.
  public static func everywhere(in release: Release) -> [KnownDifference] {
    allCases.filter { $0.scope == .everywhere && $0.phase(of: release) != nil }
  }
}

extension KnownDifference {
  init(_ row: FactRow) {
    id = row[0]
    boundary = row[1]
    routine = row[2]
    oldBehaviour = row[3]
    newBehaviour = row[4]
    howADriverBreaks = row[5]
    portableIdiom = row[6]
    source = row[7]
    confidence = row.confidence(8)
    confidenceNote = row[8]
    scope = Scope(rawValue: row[9]) ?? .releases
    isExact = row[10] == "yes"
    phases = row.words(11).compactMap { word in
      let parts = word.split(separator: "=")
      guard let release = Release(id: String(parts[0])), let letter = parts[1].first else {
        return nil
      }
      return Phase(first: release, behaviour: letter == "?" ? nil : letter)
    }
  }
}

extension KnownDifference: CustomStringConvertible {
  public var description: String { "\(id): \(routine)" }
}
