public import Findings
public import NTReleases

/// A rule that a driver's source breaks.
public struct SourceFinding: Hashable, Sendable {
  /// A place that explains the finding, such as where a mapping was made.
  public struct Related: Hashable, Sendable {
    public let range: Range<Int>
    public let message: String

    /// Creates a place.
    public init(range: Range<Int>, message: String) {
      self.range = range
      self.message = message
    }
  }

  /// The rule's identifier, such as `LS001`; ``RuleDescription`` explains it.
  public let rule: RuleID
  public let severity: Finding.Severity
  /// The file, as ``SourceText/path``.
  public let path: String
  /// The bytes of the file that are wrong.
  public let range: Range<Int>
  /// What is wrong, in one sentence.
  public let message: String
  /// The releases on which it goes wrong, among those that were asked about.
  public let releases: [Release]
  /// What else is to be known, such as that the verdict depends on how KB199311 is read.
  public var notes: [String]
  public var related: [Related]
  public var fix: SourceFix?

  /// Creates a finding.
  public init(
    _ rule: RuleID,
    _ severity: Finding.Severity,
    path: String,
    range: Range<Int>,
    message: String,
    releases: [Release],
    notes: [String] = [],
    related: [Related] = [],
    fix: SourceFix? = nil
  ) {
    self.rule = rule
    self.severity = severity
    self.path = path
    self.range = range
    self.message = message
    self.releases = releases
    self.notes = notes
    self.related = related
    self.fix = fix
  }
}

/// A change of a source that mends a finding.
public struct SourceFix: Hashable, Sendable {
  /// How far a fix can be trusted.
  public enum Grade: String, Hashable, Sendable {
    /// It changes nothing but what the finding is about: `--fix` writes it.
    case safe
    /// It is to be looked at: `--fix=suggested` writes it.
    case suggested
  }

  /// One replacement; an insertion where the range is empty.
  public struct Edit: Hashable, Sendable {
    /// The bytes of the file to replace.
    public let range: Range<Int>
    /// What to put there, in ASCII.
    public let replacement: String

    /// Creates a replacement.
    public init(_ range: Range<Int>, _ replacement: String) {
      self.range = range
      self.replacement = replacement
    }
  }

  public let grade: Grade
  /// What the fix does, in the imperative.
  public let title: String
  /// The replacements, which do not overlap, the first first.
  public let edits: [Edit]

  /// Creates a fix.
  public init(_ grade: Grade, _ title: String, _ edits: [Edit]) {
    self.grade = grade
    self.title = title
    self.edits = edits.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
  }
}
