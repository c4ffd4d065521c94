import Findings
import SourceChecker
import Testing

/// Where a test for NULL is proposed, and what it tests.
@Suite struct NullTestFixTests {
  /// The body of a function with its fixes in it.
  private func fixed(_ body: String, in language: SourceText.Language = .c) throws -> String {
    let head = "NTSTATUS Map(PMDL mdl, PUCHAR *out, struct device *d, int flag)\n{\n"
    let text = SourceText(path: "a.c", language: language, bytes: Array((head + body + "}\n").utf8))
    let checker = SourceChecker(targets: nil, rules: ["LS012", "LS013"])
    let findings = try checker.check(text, in: SourceChecker.Image(), with: TreeSitterLibrary())
      .findings
    #expect(!findings.isEmpty)
    let result = text.applying(findings.compactMap(\.fix)).bytes
    return String(String(decoding: result, as: UTF8.self).dropFirst(head.count).dropLast(2))
  }

  private let call = "MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority)"
  private func test(_ target: String, _ indent: String = "    ") -> String {
    "\n\(indent)if (\(target) == NULL) {\n\(indent)    return STATUS_INSUFFICIENT_RESOURCES;\n\(indent)}"
  }

  @Test(arguments: [
    ("PUCHAR p;\n    p = CALL;", "\n    p[0] = 1;\n", "p"),
    ("PUCHAR p;\n    p = (PUCHAR)CALL;", "\n    p[0] = 1;\n", "p"),
    ("PUCHAR p = CALL;", "\n    p[0] = 1;\n", "p"),
    ("UCHAR *p = CALL;", "\n    p[0] = 1;\n", "p"),
    ("PUCHAR p;\n    /* The pages. */\n    // All.\n    p = CALL;", "\n    *p = 1;\n", "p"),
    ("*out = CALL;", "\n    (*out)[0] = 1;\n", "*out"),
    ("d->va = CALL;", "\n    ((PUCHAR)d->va)[0] = 1;\n", "d->va"),
  ])
  func `the very thing that was assigned is tested`(before: String, after: String, target: String)
    throws
  {
    let start = "    " + before.replacing("CALL", with: call)
    let all = try fixed(start + after + "    return 0;\n")
    #expect(all == start + test(target) + after + "    return 0;\n")
  }

  @Test(arguments: [
    "    PUCHAR p = NULL;\n    if (flag)\n        p = CALL;\n    p[0] = 1;\n",
    "    PUCHAR p = NULL;\n    if (flag) p = CALL;\n    p[0] = 1;\n",
    "    PUCHAR p = NULL;\n    if (flag) { flag = 2; }\n    else\n        p = CALL;\n    p[0] = 1;\n",
    "    PUCHAR p = CALL;\n    ULONG other;\n    p[0] = 1;\n",
    "    PUCHAR p;\n    p = CALL, flag = 1;\n    p[0] = 1;\n",
    "    PUCHAR a, p;\n    a = p = CALL;\n    p[0] = 1;\n",
  ])
  func `where it is not plain, nothing is proposed`(body: String) throws {
    let body = body.replacing("CALL", with: call) + "    return 0;\n"
    #expect(try fixed(body) == body)
  }

  @Test func `declarations may follow statements in C++`() throws {
    let start = "    PUCHAR p = \(call);"
    let end = "\n    ULONG other = 1;\n    p[0] = other;\n    return 0;\n"
    #expect(try fixed(start + end, in: .cPlusPlus) == start + test("p") + end)
  }
}
