import Findings
import Foundation
import NTReleases
import SourceChecker
import Testing

/// The small drivers of `Corpus`, which say themselves what is to be found in them.
@Suite struct CorpusTests {
  @Test(arguments: CorpusSource.all)
  func `exactly what a source expects is found in it`(source: CorpusSource) throws {
    let checker = SourceChecker(targets: source.targets, rules: Set(SourceChecker.allRules))
    let (findings, notes) = try checker.check(
      source.text,
      in: SourceChecker.Image(),
      with: TreeSitterLibrary()
    )
    #expect(notes == [])
    let found = Set(
      findings.filter { $0.severity != .note || source.countsNotes }
        .map { CorpusSource.Place(rule: $0.rule, line: source.text.line(at: $0.range.lowerBound)) }
    )
    #expect(found.subtracting(source.expected) == [], "is found, but not expected")
    #expect(source.expected.subtracting(found) == [], "is expected, but not found")
  }

  @Test(arguments: SourceChecker.allRules)
  func `a rule has five bad forms and five good ones`(rule: RuleID) {
    let sources = CorpusSource.all.filter { $0.folder == rule.rawValue }
    #expect(sources.count { $0.name.hasPrefix("bad-") } >= 5)
    #expect(sources.count { $0.name.hasPrefix("good-") } >= 5)
    for source in sources {
      #expect(
        source.expected.contains { $0.rule == rule } == source.name.hasPrefix("bad-"),
        "\(source) does not expect what it is called after"
      )
    }
  }

  @Test func `only rules that there are have sources, and only they are expected`() {
    let known = Set(SourceChecker.allRules.map(\.rawValue))
    #expect(Set(CorpusSource.all.map(\.folder)) == known)
    for source in CorpusSource.all {
      #expect(Set(source.expected.map(\.rule.rawValue)).subtracting(known) == [], "\(source)")
    }
  }
}
