import Findings
import NTReleases
import Testing

@testable import SourceChecker

@Suite struct ExecutableMappingFixTests {
  @Test(arguments: [
    ("NormalPagePriority", "NormalPagePriority | MdlMappingNoExecute"),
    (
      "a ? HighPagePriority : NormalPagePriority",
      "(a ? HighPagePriority : NormalPagePriority) | MdlMappingNoExecute"
    ),
    (
      "(a ? HighPagePriority : NormalPagePriority)",
      "((a ? HighPagePriority : NormalPagePriority) | MdlMappingNoExecute)"
    ),
  ])
  func `the flag is added to all of the priority`(before: String, after: String) throws {
    func call(_ priority: String) -> String {
      "PVOID f(PMDL m, int a) { return MmGetSystemAddressForMdlSafe(m, \(priority)); }"
    }
    let text = SourceText(path: "a.c", language: .c, bytes: Array(call(before).utf8))
    let targets = TargetRange(.win8, .win11_24h2, isExplicit: true)
    let checker = SourceChecker(targets: targets, rules: ["LS022"])
    let found = checker.check(text, in: SourceChecker.Image(), with: try TreeSitterLibrary())
    let fix = try #require(found.findings.first?.fix)
    var bytes = text.bytes
    for edit in fix.edits.reversed() {
      bytes.replaceSubrange(edit.range, with: Array(edit.replacement.utf8))
    }
    #expect(String(decoding: bytes, as: UTF8.self) == call(after))
    #expect(fix.grade == .safe)
  }
}
