import Findings
import Testing

@testable import SourceChecker

@Suite struct SharedNameTests {
  /// The lines on which a rule finds something in a C++ source.
  private func lines(_ rule: String, in source: String) throws -> [Int] {
    let text = SourceText(path: "a.cpp", language: .cPlusPlus, bytes: Array(source.utf8))
    let checker = SourceChecker(targets: nil, rules: Set(SourceChecker.allRules))
    let library = try TreeSitterLibrary()
    let (findings, notes) = checker.check(text, in: checker.contribution(of: text), with: library)
    #expect(notes == [])
    return findings.filter { $0.rule.rawValue == rule }.map { text.line(at: $0.range.lowerBound) }
  }

  @Test func `methods of several classes with one name are all checked`() throws {
    let source = """
      VOID CRead::Lock(PMDL mdl) { MmProbeAndLockPages(mdl, UserMode, IoWriteAccess); }
      VOID CWrite::Lock(PMDL mdl) { MmProbeAndLockPages(mdl, UserMode, IoReadAccess); }
      VOID Lock(PMDL mdl, int count) { MmProbeAndLockPages(mdl, UserMode, IoReadAccess); }
      """
    #expect(try lines("LS011", in: source) == [1, 2, 3])
  }

  @Test func `a call of a name that several functions have is followed into none of them`() throws {
    let free = "VOID CRead::Done(PMDL mdl) { IoFreeMdl(mdl); }\n"
    let keep = "VOID CWrite::Done(PMDL mdl) { MmUnlockPages(mdl); }\n"
    let caller = """
      VOID CRead::Run(PMDL mdl) {
        MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
        Done(mdl);
      }
      """
    #expect(try lines("LS031", in: free + caller).isEmpty == false)
    #expect(try lines("LS031", in: keep + free + caller) == [])
    #expect(try lines("LS031", in: free + keep + caller) == [])
  }
}
