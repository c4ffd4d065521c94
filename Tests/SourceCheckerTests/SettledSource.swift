import Findings
import SourceChecker

/// A source with fixes made again and again until none is left.
struct SettledSource: Sendable {
  /// What was found at first.
  let before: [SourceFinding]
  /// What is found in the end.
  let after: [SourceFinding]
  /// What could not be looked at in the end.
  let notes: [String]
  let text: SourceText
  /// How often fixes were made.
  let passes: Int
  /// The fixes that were made, in their order.
  let fixes: [SourceFix]
  /// Whether nothing is left to be fixed.
  let isSettled: Bool

  static let passLimit = 8

  /// Fixes a source.
  init(
    _ source: SourceText,
    _ targets: TargetRange?,
    _ grades: Set<SourceFix.Grade>,
    _ library: TreeSitterLibrary,
    rules: Set<RuleID> = Set(SourceChecker.allRules)
  ) {
    let checker = SourceChecker(targets: targets, rules: rules)
    var text = source
    var result = checker.check(text, in: .init(), with: library)
    let before = result.findings
    var fixes: [SourceFix] = []
    var passes = 0
    var isSettled = false
    while passes < Self.passLimit {
      let wanted = result.findings.compactMap(\.fix).filter { grades.contains($0.grade) }
      let fixed = text.applying(wanted)
      if fixed.bytes == text.bytes {
        isSettled = wanted.isEmpty
        break
      }
      fixes += fixed.applied.map { wanted[$0] }
      passes += 1
      text = SourceText(path: text.path, language: text.language, bytes: fixed.bytes)
      result = checker.check(text, in: .init(), with: library)
    }
    self.before = before
    after = result.findings
    notes = result.notes
    self.text = text
    self.passes = passes
    self.fixes = fixes
    self.isSettled = isSettled
  }
}
