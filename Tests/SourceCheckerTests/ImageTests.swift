import Findings
import NTReleases
import Testing

@testable import SourceChecker

@Suite struct ImageTests {
  private let checker = SourceChecker(targets: nil, rules: Set(SourceChecker.allRules))

  private func text(_ source: String) -> SourceText {
    SourceText(path: "a.c", language: .c, bytes: Array(source.utf8))
  }

  @Test(arguments: [
    ("NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p)\n{\n}", true),
    ("NTSTATUS\nDriverEntry (\n    PDRIVER_OBJECT d,\n    PUNICODE_STRING p\n    )\n{ }", true),
    ("DRIVER_INITIALIZE DriverEntry;", false),
    ("NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p);\nint x;", false),
    ("entry = DriverEntry;", false),
    ("DriverEntry", false),
    ("DriverEntry(", false),
  ])
  func `a driver's entry is told from mentions of it`(_ source: String, isEntry: Bool) {
    #expect(Keywords.definesDriverEntry(Array(source.utf8)) == isEntry)
  }

  @Test func `what a source calls says since when it can be loaded`() {
    let modern = text("void f(PMDL m) { MmGetSystemAddressForMdlSafe(m, NormalPagePriority); }")
    #expect(checker.contribution(of: modern).oldest == .nt400sp4)
    let old = text("void f(PMDL m) { MmMapLockedPages(m, KernelMode); }")
    #expect(checker.contribution(of: old).oldest == Release.allCases[0])
  }

  @Test func `a call under a condition on versions does not count`() {
    let source = """
      void f(PMDL m) {
      #if (NTDDI_VERSION >= NTDDI_WIN8)
        MmMdlPageContentsState(m, 0);
      #endif
        MmMapLockedPages(m, KernelMode);
      }
      """
    #expect(checker.contribution(of: text(source)).oldest == Release.allCases[0])
  }

  @Test(arguments: [(1, 0), (2, 1), (0, 1)])
  func `files share a driver only if there is one entry among them`(entries: Int, found: Int) throws
  {
    var image = SourceChecker.Image()
    var other = SourceChecker.Image()
    other.oldest = .win7
    other.entryCount = entries
    image.add(other)
    // Before NT 4.0 SP4, and only there, this is wrong.
    let source = text("UCHAR f(PMDL m) { return *(PUCHAR)MmMapLockedPages(m, KernelMode); }")
    let result = checker.check(source, in: image, with: try TreeSitterLibrary())
    #expect(result.findings.count { $0.rule == "LS002" } == found)
  }
}
