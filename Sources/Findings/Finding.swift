internal import NTReleases

/// A rule that a driver broke, or something about a run that its verdict rests on.
public struct Finding: Hashable, Sendable {
  /// How bad a finding is.
  public enum Severity: String, Sendable, CaseIterable {
    /// The driver is wrong on this release.
    case error
    /// The driver may be wrong, or is so on other releases.
    case warning
    /// Something to know.
    case note
  }

  /// The rule's stable identifier.
  public let rule: RuleID
  public let severity: Severity
  /// What happened, in one sentence.
  public let message: String
  /// The file name of the image in which it happened, if it is one.
  public let module: String?
  /// The bytes from the start of that image to the instruction.
  public let offset: Int?
  /// Whether ``offset`` is the very instruction, and not one shortly before it.
  public let isPrecise: Bool
  /// The documents and tests that the finding rests on, and known differences by their id.
  public let evidence: [String]
  /// Why it is wrong, in a sentence or two.
  public let explanation: String?
  /// What to write instead.
  public let remedy: String?
  /// The pages of the MDL and the access, where the finding is about one.
  public let picture: MDLPicture?
  /// The bug checks that NT or Driver Verifier give for it, to search for: ``RuleDescription/equivalents``.
  public var equivalents: [String]
  /// What was done with the object that it is about, the first act first.
  public var life: [LifeEvent]
  /// The MDL that it is about, as it was then.
  public var mdl: MDLDescription?
  /// Whether it was found only after something that is not modelled was passed over: it says nothing of
  /// the driver, as what it was told there may be wrong.
  public var isAfterUnmodelled = false

  /// Creates a finding.
  public init(
    _ rule: RuleID,
    _ severity: Severity,
    _ message: String,
    module: String? = nil,
    offset: Int? = nil,
    isPrecise: Bool = true,
    evidence: [String] = [],
    explanation: String? = nil,
    remedy: String? = nil,
    picture: MDLPicture? = nil,
    equivalents: [String] = [],
    life: [LifeEvent] = [],
    mdl: MDLDescription? = nil
  ) {
    self.rule = rule
    self.severity = severity
    self.message = message
    self.module = module
    self.offset = offset
    self.isPrecise = isPrecise
    self.evidence = evidence
    self.explanation = explanation
    self.remedy = remedy
    self.picture = picture
    self.equivalents = equivalents
    self.life = life
    self.mdl = mdl
  }
}

/// The stable identifier of a rule, as reports show it.
public struct RuleID: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(stringLiteral value: String) { rawValue = value }

  /// The MDL's byte offset was added to an address that includes it.
  public static let offsetAddedTwice: Self = "mdl-offset-added-twice"
  /// The MDL's byte offset was not added to an address that does not include it.
  public static let offsetNotAdded: Self = "mdl-offset-not-added"
  /// An access to the pages of a mapping, but not to the buffer.
  public static let accessOutsideBuffer: Self = "mdl-access-outside-buffer"
  /// A pointer lost its high 32 bits.
  public static let pointerTruncated: Self = "pointer-truncated"
  /// The system stopped.
  public static let bugCheck: Self = "bug-check"
  /// The release cannot load the driver.
  public static let cannotLoad: Self = "cannot-load"
  /// The driver refused to start.
  public static let entryFailed: Self = "driver-entry-failed"
  /// An expectation of the scenario does not hold.
  public static let expectation: Self = "expectation"
  /// A request was never completed.
  public static let requestNeverCompleted: Self = "request-never-completed"
  /// Something is left when the driver is gone.
  public static let leak: Self = "leak"
}

/// The pages that an MDL describes, their mapping, and one access to them.
public struct MDLPicture: Hashable, Sendable {
  /// The first address of the mapping.
  public let base: UInt64
  public let pageCount: Int
  /// The bytes from the start of the mapping to the buffer.
  public let byteOffset: Int
  /// The bytes of the buffer.
  public let byteCount: Int
  /// The address that the routine that maps the pages returned.
  public let returned: UInt64
  /// The address that the driver used.
  public let used: UInt64
  /// The bytes that it accessed there.
  public let usedByteCount: Int
  public let isWrite: Bool
  /// The address that it should have used.
  public let expected: UInt64

  /// Creates a picture.
  public init(
    base: UInt64,
    pageCount: Int,
    byteOffset: Int,
    byteCount: Int,
    returned: UInt64,
    used: UInt64,
    usedByteCount: Int,
    isWrite: Bool,
    expected: UInt64
  ) {
    self.base = base
    self.pageCount = pageCount
    self.byteOffset = byteOffset
    self.byteCount = byteCount
    self.returned = returned
    self.used = used
    self.usedByteCount = usedByteCount
    self.isWrite = isWrite
    self.expected = expected
  }
}
