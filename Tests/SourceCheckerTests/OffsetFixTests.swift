import Findings
import SourceChecker
import Testing

/// What the safe fixes of sums, casts and fields write.
@Suite struct OffsetFixTests {
  private func fixed(_ statement: String, _ rules: Set<RuleID>) throws -> String {
    let head = "PVOID Map(PMDL m, KPROCESSOR_MODE mode, struct board *b)\n{\n"
    let text = SourceText(
      path: "a.c",
      language: .c,
      bytes: Array((head + statement + "\n}\n").utf8)
    )
    let checker = SourceChecker(targets: nil, rules: rules)
    let findings = try checker.check(text, in: SourceChecker.Image(), with: TreeSitterLibrary())
      .findings
    #expect(!findings.isEmpty)
    let fixes = findings.compactMap(\.fix).filter { $0.grade == .safe }
    let result = text.applying(fixes).bytes
    return String(String(decoding: result, as: UTF8.self).dropFirst(head.count).dropLast(3))
  }

  @Test(arguments: [
    (
      "return (PUCHAR)(m ? MmMapLockedPages(m, mode) : 0) + MmGetMdlByteOffset(m);",
      "return (PUCHAR)((ULONG_PTR)(m ? MmMapLockedPages(m, mode) : 0) | MmGetMdlByteOffset(m));"
    ),
    (
      "PVOID p; return (PUCHAR)(p = MmMapLockedPages(m, mode)) + (MmGetMdlByteOffset(m));",
      "PVOID p; return (PUCHAR)((ULONG_PTR)(p = MmMapLockedPages(m, mode)) | (MmGetMdlByteOffset(m)));"
    ),
    (
      "return (PUCHAR)MmMapLockedPages(m, mode) + MmGetMdlByteOffset(m);",
      "return (PUCHAR)((ULONG_PTR)MmMapLockedPages(m, mode) | MmGetMdlByteOffset(m));"
    ),
    (
      "return (PVOID)((ULONG)MmMapLockedPages(m, mode) + MmGetMdlByteOffset(m));",
      "return (PVOID)((ULONG_PTR)MmMapLockedPages(m, mode) | MmGetMdlByteOffset(m));"
    ),
    (
      "ULONG a; a = (ULONG)MmMapLockedPages(m, mode) + MmGetMdlByteOffset(m); return (PVOID)a;",
      "ULONG a; a = (ULONG)MmMapLockedPages(m, mode) | MmGetMdlByteOffset(m); return (PVOID)a;"
    ),
  ])
  func `the offset goes in by an or, in the same parentheses`(statement: String, result: String)
    throws
  {
    #expect(try fixed(statement, ["LS001"]) == result)
  }

  @Test(arguments: [
    "return (PVOID)((CAST)PAGE_ALIGN(MmMapLockedPages(m, mode)) + MmGetMdlByteOffset(m));",
    "return (PVOID)(8 + (16 & ~7) + (CAST)MmMapLockedPages(m, mode));",
    "return (unsigned char *)((CAST)MmMapLockedPages(m, mode));",
  ])
  func `a cast is widened where the address becomes a pointer again`(statement: String) throws {
    let narrow = statement.replacing("CAST", with: "ULONG")
    #expect(try fixed(narrow, ["LS006"]) == statement.replacing("CAST", with: "ULONG_PTR"))
  }

  @Test(arguments: [
    ("ULONG n = m->ByteCount;", "ULONG n = MmGetMdlByteCount(m);"),
    ("ULONG n = (m)->ByteCount;", "ULONG n = MmGetMdlByteCount(m);"),
    ("MDL own; ULONG n = own.ByteCount;", "MDL own; ULONG n = MmGetMdlByteCount(&own);"),
    ("if (m && m->ByteCount) return 0;", "if (m && MmGetMdlByteCount(m)) return 0;"),
  ])
  func `a field is read by its macro, which takes a pointer`(statement: String, result: String)
    throws
  {
    #expect(try fixed(statement + " return 0;", ["LS041"]) == result + " return 0;")
  }

  @Test(arguments: [
    "ULONG a = (ULONG)MmMapLockedPages(m, mode); return (PVOID)a;",
    "ULONG a; a = 16 + (ULONG)MmMapLockedPages(m, mode); return (PVOID)a;",
    "b->window = ((ULONG)MmMapLockedPages(m, mode)); return 0;",
    "Remember((ULONG)MmMapLockedPages(m, mode)); return 0;",
  ])
  func `a cast stays where what it goes to is as narrow`(statement: String) throws {
    #expect(try fixed(statement, ["LS006"]) == statement)
  }
}
