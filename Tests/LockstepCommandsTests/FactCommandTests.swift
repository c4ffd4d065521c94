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
    #expect(text.hasPrefix("rule \(id)\n") && text.contains("\n  source      "))
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
