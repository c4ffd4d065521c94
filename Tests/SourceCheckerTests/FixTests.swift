import Findings
import SourceChecker
import Testing

/// What the fixes of each rule make of the corpus.
@Suite struct FixTests {
  static let grades: [Set<SourceFix.Grade>] = [[.safe], [.safe, .suggested]]

  @Test(arguments: CorpusSource.all, grades)
  func `fixes settle, mend what they are for, and bring nothing new`(
    source: CorpusSource,
    grades: Set<SourceFix.Grade>
  ) throws {
    let settled = SettledSource(source.text, source.targets, grades, try TreeSitterLibrary())
    #expect(settled.isSettled && settled.passes <= 3, "passes: \(settled.passes)")
    #expect(settled.notes == [])
    let mendable = settled.before.filter { $0.fix.map { grades.contains($0.grade) } ?? false }
    let old = Self.counts(settled.before)
    let new = Self.counts(settled.after)
    for (rule, count) in Self.counts(mendable) {
      #expect(new[rule, default: 0] <= old[rule, default: 0] - count, "\(rule) stays")
    }
    let serious = Self.counts(settled.after.filter { $0.severity != .note })
    // What replaces an obsolete routine or a field can return NULL, and a test does not fit everywhere.
    let brings: Set<RuleID> = grades.contains(.suggested) ? ["LS012"] : []
    for (rule, count) in serious where !brings.contains(rule) {
      #expect(count <= old[rule, default: 0], "\(rule) is new")
    }
  }

  private static func counts(_ findings: [SourceFinding]) -> [RuleID: Int] {
    findings.reduce(into: [:]) { $0[$1.rule, default: 0] += 1 }
  }

  @Test(arguments: grades)
  func `the encoding and the ends of lines make no difference to fixes`(
    grades: Set<SourceFix.Grade>
  ) throws {
    let library = try TreeSitterLibrary()
    // A comment in Windows-1251, which is not UTF-8.
    let comment = Array("// ".utf8) + [0xCF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2, 0x0A]
    let variants: [([UInt8]) -> [UInt8]] = [
      { comment + $0 }, { Self.withCarriageReturns(comment + $0) },
    ]
    for source in CorpusSource.all {
      let settled = SettledSource(source.text, source.targets, grades, library)
      if settled.passes == 0 { continue }
      for variant in variants {
        let text = SourceText(
          path: source.text.path,
          language: source.text.language,
          bytes: variant(source.text.bytes)
        )
        let other = SettledSource(text, source.targets, grades, library)
        #expect(other.text.bytes == variant(settled.text.bytes), "\(source)")
      }
    }
  }

  private static func withCarriageReturns(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
  }
}
