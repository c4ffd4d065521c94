import Findings
import NTReleases
import Testing

@testable import LockstepCommands

/// `lockstep releases` and `lockstep explain`.
@Suite struct FactCommandTests {
  private func explain(_ id: String) throws -> String {
    Page.text(try ExplainCommand.explanation(of: id))
  }

  @Test func `every release has a line`() {
    let lines = ReleasesCommand.list()
    for release in Release.allCases {
      #expect(lines.contains { $0.hasPrefix(release.id + " ") && $0.contains(release.name) })
    }
  }

  @Test func `what changed with NT 4 SP4, and how we know`() {
    let text = Page.text(ReleasesCommand.changes(from: .nt400sp3, to: .nt400sp4))
    #expect(text.contains("every mapped address includes byte offset: false -> true"))
    #expect(text.contains("since     Windows NT 4.0 SP4, KD-001"))
    #expect(text.contains("source    document: KB199311"))
    #expect(text.contains("KD-001  MmMapLockedPages\n"))
    #expect(text.contains("KD-007  MmMapLockedPagesSpecifyCache"))
  }

  @Test(arguments: Release.allCases)
  func `every change and difference has its source`(release: Release) {
    guard let before = release.predecessor else { return }
    let lines = ReleasesCommand.changes(from: before, to: release)
    let changes = Behaviour.changes(from: before, to: release).count
    let differences = KnownDifference.between(before, release).count
    let traps = KnownDifference.arriving(between: before, release).count
    let sources = lines.count { $0.drop { $0 == " " }.hasPrefix("source  ") }
    #expect(sources == changes + differences + traps)
    if changes + differences + traps == 0 { #expect(lines.last?.contains("Nothing") == true) }
  }

  @Test func `the order of two releases is said`() {
    let lines = ReleasesCommand.changes(from: .nt400sp4, to: .nt400sp3)
    #expect(lines[1].contains("the other way round"))
  }

  @Test func `property names become words`() {
    #expect(ReleasesCommand.words(of: "partialMDLIRQL") == "partial MDL IRQL")
    #expect(ReleasesCommand.words(of: "mdlLengthLimit") == "mdl length limit")
    #expect(ReleasesCommand.words(of: "noMoreSystemPTEsAreZero") == "no more system PTEs are zero")
  }

  @Test(arguments: KnownDifference.allCases)
  func `every known difference is explained with its source`(difference: KnownDifference) throws {
    let text = try explain(difference.id.lowercased())
    #expect(text.hasPrefix(difference.id + "  "))
    #expect(text.contains("\n  source      ") && text.contains("\n  confidence  "))
  }

  @Test(arguments: ["0x50", "50", "0X50", "page_fault_in_nonpaged_area"])
  func `a bug check has several names`(id: String) throws {
    let text = try explain(id)
    #expect(text.hasPrefix("bug check 0x50  PAGE_FAULT_IN_NONPAGED_AREA\n"))
    #expect(text.contains("parameter 2") && text.contains("source"))
  }

  @Test(arguments: BugCheckDescription.all)
  func `every bug check is explained`(description: BugCheckDescription) throws {
    let text = try explain("0x" + String(description.code, radix: 16))
    #expect(text.contains(description.name) && text.contains("\n  source      "))
  }

  @Test(arguments: ["MmMapLockedPages", "mmmaplockedpages"])
  func `a routine`(id: String) throws {
    let text = try explain(id)
    #expect(text.hasPrefix("MmMapLockedPages\n"))
    #expect(text.contains("since       Windows NT 3.1"))
    #expect(text.contains("_MmMapLockedPages@8") && text.contains("KD-001"))
    #expect(text.contains("KB199311") && text.contains("Geoff Chappell"))
  }

  @Test(arguments: RuleDescription.all.map(\.rule.rawValue))
  func `every rule is explained`(id: String) throws {
    let text = try explain(id)
    #expect(text.hasPrefix("rule \(id)") && text.contains("\n  source      "))
    #expect(text.contains("\n  severity    "))
  }

  @Test func `the catalogue of rules about sources is whole`() {
    let ids = [1...8, 10...15, 20...24, 30...34, 40...45].joined().map { number in
      "LS0" + (number < 10 ? "0" : "") + "\(number)"
    }
    #expect(RuleDescription.sourceRules.map(\.rule.rawValue) == ids)
    #expect(Set(RuleDescription.all.map(\.rule)).count == RuleDescription.all.count)
  }

  @Test(arguments: RuleDescription.sourceRules)
  func `a rule about sources has all its texts`(rule: RuleDescription) throws {
    let source = try #require(rule.source)
    for text in [rule.summary, rule.reason, source.boundary, rule.remedy] {
      #expect(text.count > 10)
      #expect(!text.contains("  ") && !text.contains("\n"))
    }
    #expect(rule.summary.hasSuffix(".") && rule.reason.hasSuffix("."))
    #expect(!rule.sources.isEmpty && Set(rule.sources).count == rule.sources.count)
    #expect(Set(rule.equivalents).count == rule.equivalents.count)
    #expect(source.bad != source.good && !source.bad.isEmpty && !source.good.isEmpty)
    for counterpart in source.counterparts {
      let other = try #require(RuleDescription(id: counterpart.rawValue), "\(counterpart)")
      #expect(other.source == nil)
      #expect(other.counterparts.contains(rule.rule))
    }
    for reference in rule.sources where reference.hasPrefix("KD-") {
      #expect(KnownDifference(id: reference) != nil, "\(reference)")
    }
    for reference in rule.sources where reference.hasPrefix("lockstep explain ") {
      _ = try explain(String(reference.dropFirst("lockstep explain ".count)))
    }
  }

  @Test(arguments: [
    ("LS001", "mdl-offset-added-twice"), ("LS002", "mdl-offset-not-added"),
    ("LS006", "pointer-truncated"), ("LS010", "mdl-user-mapping-unguarded"), ("LS012", "null-used"),
    ("LS020", "cannot-load"), ("LS024", "irql-too-high"), ("LS031", "mdl-free-locked"),
    ("LS040", "mdl-field-written"), ("LS044", "mdl-wrong-lock-operation"),
  ])
  func `a run and a check give the same reason`(source: String, run: String) throws {
    let (first, second) = (
      try #require(RuleDescription(id: source.lowercased())), try #require(RuleDescription(id: run))
    )
    #expect(first.reason.hasPrefix(second.reason) && first.remedy == second.remedy)
    #expect(first.sources.starts(with: second.sources))
    #expect(try explain(source).contains("\n  run         \(run)"))
    #expect(try explain(run).contains("\n  check       "))
    #expect(try explain(run).contains(source))
  }

  @Test func `a release`() throws {
    #expect(try explain("nt400sp4").hasPrefix("nt400sp4  Windows NT 4.0 SP4\n"))
  }

  @Test func `what is unknown is said, with what may have been meant`() {
    #expect(throws: UserError.self) { try explain("KD-999") }
    let error = #expect(throws: UserError.self) { try explain("MmMapLockedPage") }
    #expect(error?.message.contains("did you mean MmMapLockedPages,") == true)
  }
}
