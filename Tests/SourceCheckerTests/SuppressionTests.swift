import Findings
import NTReleases
import SourceChecker
import Testing

/// Comments that say that a finding is meant.
@Suite struct SuppressionTests {
  /// The lines of a source whose findings of a rule are suppressed.
  private func suppressed(_ source: String, _ rule: RuleID = "LS012") -> [Int] {
    let text = SourceText(path: "a.c", language: .c, bytes: Array(source.utf8))
    let suppressions = Suppressions(in: text)
    return (1...text.lineCount).filter { line in
      let range = text.range(ofLine: line)
      let finding = SourceFinding(
        rule,
        .error,
        path: "a.c",
        range: range.lowerBound..<max(range.lowerBound, range.upperBound),
        message: "",
        releases: []
      )
      return !suppressions.suppressing(finding, in: text).isEmpty
    }
  }

  @Test(arguments: [
    ("a;\nb; // lockstep-ignore LS012: meant\nc;\n", [2]),
    ("a;\nb; /* lockstep-ignore LS012 */\nc;\n", [2]),
    ("a;\n// lockstep-ignore LS012: meant\nb;\nc;\n", [2, 3]),
    ("a;\r\n  // lockstep-ignore LS012: meant\r\nb;\r\nc;\r\n", [2, 3]),
    ("/* lockstep-ignore LS012:\n   a long\n   reason */\nb;\nc;\n", [1, 2, 3, 4]),
    ("// lockstep-ignore LS012: one\n\n// another\nb;\nc;\n", [1, 2, 3, 4]),
    ("// lockstep-ignore LS001, LS012, LS040: many\nb;\nc;\n", [1, 2]),
    ("// lockstep-ignore ls012: any case\nb;\nc;", [1, 2]),
    ("// lockstep-ignore LS013: another rule\nb;\nc;\n", []),
    ("// lockstep-ignore LS012", [1]),
    ("b = \"// lockstep-ignore LS012: no comment\";\nc;\n", []),
    ("// lockstep-ignored LS012: another word\nb;\n", []),
    ("b = '\"'; // lockstep-ignore LS012: behind a quote\nc;\n", [1]),
    ("#error don't\nb; // lockstep-ignore LS012: behind an apostrophe\nc;\n", [2]),
    ("b = \"\\\\\"; // lockstep-ignore LS012: behind a backslash\nc;\n", [1]),
    ("// a comment \\\nlockstep-ignore LS012: that goes on\nb;\nc;\n", [1, 2, 3]),
  ])
  func `a comment holds for its lines, and alone for the next`(source: String, lines: [Int]) {
    #expect(suppressed(source) == lines)
  }

  @Test func `a comment can hold for a file`() {
    let source = "a;\nb; // lockstep-ignore-file LS040, LS041: a kernel of our own\nc;"
    #expect(suppressed(source, "LS040") == [1, 2, 3])
    #expect(suppressed(source, "LS041") == [1, 2, 3])
    #expect(suppressed(source).isEmpty)
  }

  @Test func `a finding of several lines is suppressed on each of them`() {
    let source = "f(a,\n  b); // lockstep-ignore LS012: meant\n"
    let text = SourceText(path: "a.c", language: .c, bytes: Array(source.utf8))
    let finding = SourceFinding(
      "LS012",
      .error,
      path: "a.c",
      range: 0..<10,
      message: "",
      releases: []
    )
    #expect(Suppressions(in: text).suppressing(finding, in: text) == [0])
  }

  @Test func `reasons are kept, and what is no rule is told`() {
    let source = """
      // lockstep-ignore LS012:  the   pool is checked
      // lockstep-ignore LS999
      // lockstep-ignore
      // lockstep-ignore because I say so
      /* lockstep-ignore LS040: here */ /* lockstep-ignore mdl-field-written */
      """
    let text = SourceText(path: "a.c", language: .c, bytes: Array(source.utf8))
    let suppressions = Suppressions(in: text)
    #expect(suppressions.suppressions.map(\.reason) == ["the pool is checked", "here"])
    #expect(suppressions.unknown.map(\.line) == [2, 3, 4, 5])
    #expect(suppressions.unknown.map(\.name) == ["LS999", "", "because", "mdl-field-written"])
  }

  @Test func `a fingerprint survives changes above and of white space`() {
    func fingerprints(_ source: String) -> [Fingerprint] {
      let text = SourceText(path: "a.c", language: .c, bytes: Array(source.utf8))
      let findings = (1...text.lineCount).filter { line in
        text.bytes[text.range(ofLine: line)].contains(0x28)
      }.map { line in
        SourceFinding(
          "LS012",
          .error,
          path: "a.c",
          range: text.range(ofLine: line),
          message: "",
          releases: []
        )
      }
      return Fingerprint.fingerprints(of: findings, in: text, path: "a.c")
    }
    let before = fingerprints("f(x);\ng(x);\nf(x);\n")
    let after = fingerprints("// new\r\n\r\n  f(x);\r\n\tg(x);\r\n\tf(x);\r\n")
    #expect(before == after)
    #expect(before.map(\.ordinal) == [0, 0, 1])
    #expect(Set(before.map(\.hash)).count == 3)
    #expect(before[0].hash.count == 16)
  }
}
