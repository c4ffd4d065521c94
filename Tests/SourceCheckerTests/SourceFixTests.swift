import SourceChecker
import Testing

/// Putting fixes into files.
@Suite struct SourceFixTests {
  private func text(_ string: String) -> SourceText {
    SourceText(path: "a.c", language: .c, bytes: Array(string.utf8))
  }

  private func fix(_ edits: (Range<Int>, String)...) -> SourceFix {
    SourceFix(.safe, "change it", edits.map { SourceFix.Edit($0.0, $0.1) })
  }

  private func result(_ string: String, _ fixes: [SourceFix]) -> (String, [Int], [Int]) {
    let fixed = text(string).applying(fixes)
    return (String(decoding: fixed.bytes, as: UTF8.self), fixed.applied, fixed.conflicting)
  }

  @Test func `fixes are made from whichever end they come`() {
    let fixes = [fix((4..<5, "|")), fix((0..<1, "map"), (8..<8, ";")), fix((6..<7, "offset"))]
    let (string, applied, conflicting) = result("a    + b;", fixes)
    #expect(string == "map   |+offsetb;;")
    #expect(applied == [0, 1, 2] && conflicting.isEmpty)
  }

  @Test func `of fixes that overlap the first of the list wins, whole`() {
    let first = fix((2..<4, "XY"))
    let overlapping = fix((0..<1, "Q"), (3..<5, "Z"))
    let beside = fix((4..<6, "W"))
    let (string, applied, conflicting) = result("abcdef", [first, overlapping, beside])
    #expect(string == "abXYW")
    #expect(applied == [0, 2] && conflicting == [1])
  }

  @Test func `an insertion at the edge of another edit waits`() {
    for insertion in [2, 3, 4] {
      let (string, applied, _) = result(
        "abcdef",
        [fix((2..<4, "X")), fix((insertion..<insertion, "("))]
      )
      #expect(string == "abXef")
      #expect(applied == [0])
    }
    let twice = result("abc", [fix((1..<1, "x")), fix((1..<1, "x"))])
    #expect(twice.0 == "axbc" && twice.2 == [1])
  }

  @Test func `a fix that does not fit the file is left out`() {
    let (string, applied, conflicting) = result("abc", [fix((2..<9, "x")), fix((-1..<1, "y"))])
    #expect(string == "abc" && applied.isEmpty && conflicting == [0, 1])
    let own = result("abcdef", [fix((0..<3, "x"), (2..<4, "y"))])
    #expect(own.0 == "abcdef" && own.2 == [0])
  }

  @Test func `inserted lines end as the file's lines do`() {
    let insertion = "if (!p)\n  return;\n"
    #expect(
      result("a\r\nb\r\n", [fix((3..<3, insertion))]).0 == "a\r\nif (!p)\r\n  return;\r\nb\r\n"
    )
    #expect(result("a\nb\n", [fix((2..<2, insertion))]).0 == "a\nif (!p)\n  return;\nb\n")
    #expect(result("ab", [fix((1..<1, insertion))]).0 == "a" + insertion + "b")
  }

  @Test func `bytes of other encodings stay as they are`() {
    let bytes: [UInt8] = [0xCF, 0xF0, 0x20, 0x2B, 0x20, 0xE8, 0xFF, 0xEF, 0xBB]
    let source = SourceText(path: "a.c", language: .c, bytes: bytes)
    let fixed = source.applying([fix((3..<4, "|"))])
    #expect(fixed.bytes == [0xCF, 0xF0, 0x20, 0x7C, 0x20, 0xE8, 0xFF, 0xEF, 0xBB])
  }
}
