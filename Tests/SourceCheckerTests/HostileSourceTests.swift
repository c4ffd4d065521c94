import Findings
import NTReleases
import Testing

@testable import SourceChecker

@Suite struct HostileSourceTests {
  private static func times(_ count: Int, _ text: String) -> String {
    String(repeating: text, count: count)
  }

  /// Bodies of functions that no one can follow to the end.
  static let bodies: [String] = [
    "return p" + times(20_000, "(") + "1" + times(20_000, ")") + ";",
    times(20_000, "{") + times(20_000, "}"),
    times(5_000, "if (a) ") + "g(p);",
    (0..<3_000).map { "if (a == \($0)) g(p); else " }.joined() + ";",
    times(20_000, "g(") + "p" + times(20_000, ")") + ";",
    "x = p" + times(20_000, " + 1") + ";",
    times(300, "while (a) {") + "g(p);" + times(300, "}"),
    times(1_000, "__try {") + "g(p);" + times(1_000, "} __except (1) { }"),
    times(200_000, "g(p); "),
  ]

  private static let good =
    "VOID Good(PMDL m) { MmProbeAndLockPages(m, UserMode, IoReadAccess); }\n"

  private func check(_ bytes: [UInt8]) throws -> (findings: [SourceFinding], notes: [String]) {
    let text = SourceText(path: "a.c", language: .c, bytes: bytes)
    let checker = SourceChecker(targets: nil, rules: Set(SourceChecker.allRules))
    return checker.check(text, in: checker.contribution(of: text), with: try TreeSitterLibrary())
  }

  @Test(arguments: bodies.indices)
  func `a function that is beyond all bounds is named, and the rest is checked`(index: Int) throws {
    let bad = "PVOID Bad(PMDL m, PVOID p) { " + Self.bodies[index] + " }\n"
    let after = Self.good.replacing("Good", with: "Last")
    let (findings, notes) = try check(Array((Self.good + bad + after).utf8))
    #expect(notes.count == 1)
    #expect(notes.allSatisfy { $0.hasPrefix("a.c:2: Bad ") && !$0.contains("\n") })
    let locks = findings.filter { $0.rule == "LS011" }.map(\.range)
    #expect(locks.contains { $0.upperBound < Self.good.utf8.count })
    #expect(locks.contains { $0.lowerBound > Self.good.utf8.count + bad.utf8.count })
  }

  @Test func `what is left when a file has taken its steps is named`() throws {
    let names = ["A", "B", "C"]
    let source = names.map { Self.good.replacing("Good", with: $0) }.joined()
    let text = SourceText(path: "a.c", language: .c, bytes: Array(source.utf8))
    let reporter = Reporter(path: "a.c", targets: TargetRange(.w2k, .win11_24h2, isExplicit: false))
    var analysis = FileAnalysis(
      text: text,
      image: SourceChecker.Image(),
      rules: Rules.all,
      reporter: reporter,
      parser: SyntaxParser(try TreeSitterLibrary()),
      steps: 1
    )
    analysis.look(at: Scrubber.readings(of: text))
    #expect(reporter.findings.count { $0.rule == "LS011" } == 1)
    #expect(
      analysis.notes == [
        "a.c:2: B was not looked at: the file has too many paths",
        "a.c:3: C was not looked at: the file has too many paths",
      ]
    )
  }

  @Test func `random bytes around a function neither crash nor hang`() throws {
    var generator = SeededGenerator(state: 11)
    let noise = (0..<50_000).map { _ in UInt8.random(in: 1...255, using: &generator) }
    _ = try check(noise + Array(Self.good.utf8) + noise)
    let marks = Array("(){}[];,*&=<>!?:.abc\"'/\\ \n#0".utf8)
    let text = (0..<50_000).map { _ in marks[Int.random(in: 0..<marks.count, using: &generator)] }
    _ = try check(Array(Self.good.utf8) + text)
  }

  @Test func `sources with pieces lost, doubled and exchanged are checked within their bounds`()
    throws
  {
    var generator = SeededGenerator(state: 5)
    let sources = CorpusSource.all.map(\.text.bytes)
    let checker = SourceChecker(targets: nil, rules: Set(SourceChecker.allRules))
    let library = try TreeSitterLibrary()
    for _ in 0..<400 {
      func piece() -> ArraySlice<UInt8> {
        let source = sources[Int.random(in: 0..<sources.count, using: &generator)]
        let start = Int.random(in: 0..<source.count, using: &generator)
        return source[start...].prefix(Int.random(in: 0..<300, using: &generator))
      }
      var bytes = sources[Int.random(in: 0..<sources.count, using: &generator)]
      for _ in 0..<4 {
        let start = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, start + Int.random(in: 0..<40, using: &generator))
        bytes.replaceSubrange(start..<end, with: piece())
      }
      let language: SourceText.Language = Bool.random(using: &generator) ? .c : .cPlusPlus
      let text = SourceText(path: "a.c", language: language, bytes: bytes)
      let (findings, _) = checker.check(text, in: checker.contribution(of: text), with: library)
      let file = 0..<bytes.count
      for finding in findings {
        #expect(finding.range.clamped(to: file) == finding.range)
        #expect(finding.related.allSatisfy { $0.range.clamped(to: file) == $0.range })
      }
      let fixes = findings.compactMap(\.fix)
      #expect(fixes.flatMap(\.edits).allSatisfy { $0.range.clamped(to: file) == $0.range })
    }
  }
}
