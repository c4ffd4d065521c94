public import Findings
internal import SourceChecker

/// What came of checking sources.
public struct CheckReport: Sendable {
  /// A file that could not be checked at all.
  public struct Problem: Hashable, Sendable {
    public let path: String
    /// Why, in a few words.
    public let reason: String

    /// Creates a problem.
    public init(path: String, reason: String) {
      self.path = path
      self.reason = reason
    }
  }

  /// The files that were checked, in the order of their paths as found.
  public var files: [CheckedFile]
  public var problems: [Problem]
  /// The rules that were checked, in the order of their identifiers.
  public let rules: [RuleID]

  /// Creates a report.
  public init(files: [CheckedFile], problems: [Problem], rules: Set<RuleID>) {
    self.files = files
    self.problems = problems
    self.rules = rules.sorted { $0.rawValue < $1.rawValue }
  }

  /// The findings that count, in the order of the files.
  public var findings: [CheckedFinding] {
    files.flatMap(\.findings).filter { $0.suppression == nil }
  }
}

extension ExitStatus {
  /// The status for what came of checking sources.
  public init(for report: CheckReport) {
    if report.findings.contains(where: { $0.finding.severity != .note }) {
      self = .findings
    } else if !report.problems.isEmpty || report.files.contains(where: { !$0.notes.isEmpty }) {
      self = .inconclusive
    } else {
      self = .clean
    }
  }
}
