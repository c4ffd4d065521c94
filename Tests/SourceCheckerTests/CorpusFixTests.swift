import Findings
import Foundation
import SourceChecker
import Testing

/// What the findings in the sources of `Corpus` say, and what their fixes lead to.
@Suite struct CorpusFixTests {
  private func findings(_ text: SourceText, _ source: CorpusSource) throws -> [SourceFinding] {
    let checker = SourceChecker(targets: source.targets, rules: Set(SourceChecker.allRules))
    return try checker.check(text, in: SourceChecker.Image(), with: TreeSitterLibrary()).findings
  }

  @Test(arguments: CorpusSource.all)
  func `findings are as bad as their rules say, and fixes no better`(source: CorpusSource) throws {
    for finding in try findings(source.text, source) {
      let rule = try #require(RuleDescription(id: finding.rule.rawValue))
      let best = try #require(rule.source).fix
      #expect(finding.severity == rule.severity, "\(finding.rule): \(finding.message)")
      #expect(finding.range.upperBound <= source.text.bytes.count && !finding.range.isEmpty)
      #expect(!finding.releases.isEmpty, "\(finding.rule) breaks nowhere: \(finding.message)")
      guard let fix = finding.fix else { continue }
      #expect(best == .safe || best == .suggested && fix.grade == .suggested, "\(finding.rule)")
      #expect(
        !fix.edits.isEmpty && fix.edits.allSatisfy { $0.replacement.utf8.allSatisfy { $0 < 128 } }
      )
      #expect(source.text.applying([fix]).applied == [0], "\(finding.rule) cannot be fixed")
    }
  }

  @Test(arguments: CorpusSource.all, [[SourceFix.Grade.safe], [.safe, .suggested]])
  func `fixes settle, and mend what they are for`(
    source: CorpusSource,
    grades: [SourceFix.Grade]
  ) throws {
    var text = source.text
    let before = try findings(text, source)
    var rounds = 0
    while rounds < 8 {
      let fixes = try findings(text, source).compactMap(\.fix).filter { grades.contains($0.grade) }
      let fixed = text.applying(fixes)
      if fixed.applied.isEmpty { break }
      text = SourceText(path: text.path, language: text.language, bytes: fixed.bytes)
      rounds += 1
    }
    #expect(rounds < 8, "fixes lead to ever new ones")
    // What replaces an obsolete routine or a field can return NULL, and a test does not fit everywhere.
    let brings: Set<RuleID> = grades.contains(.suggested) ? ["LS012"] : []
    let after = try findings(text, source)
    for rule in Set(after.map(\.rule)).subtracting(brings)
    where RuleDescription(id: rule.rawValue)?.severity == .error {
      let (old, new) = (before.count { $0.rule == rule }, after.count { $0.rule == rule })
      #expect(new <= old, "\(rule) is found \(new) times after fixes, and \(old) times before")
    }
  }
}
