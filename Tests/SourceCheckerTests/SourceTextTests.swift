import Testing

@testable import SourceChecker

@Suite struct SourceTextTests {
  private func text(_ bytes: some Sequence<UInt8>) -> SourceText {
    SourceText(path: "a.c", language: .c, bytes: Array(bytes))
  }

  @Test func `an encoding follows from the bytes`() {
    #expect(text("int a;".utf8).encoding == .utf8)
    #expect(text("// Привет 😀".utf8).encoding == .utf8)
    #expect(text([0xEF, 0xBB, 0xBF, 0x61]).encoding == .utf8WithMark)
    #expect(text([0xCF, 0xF0, 0xE8]).encoding == .singleByte)
    // Too long a form, a surrogate, and what is cut short are not UTF-8.
    #expect(text([0xC0, 0xAF]).encoding == .singleByte)
    #expect(text([0xE0, 0x80, 0xAF]).encoding == .singleByte)
    #expect(text([0xED, 0xA0, 0x80]).encoding == .singleByte)
    #expect(text([0x61, 0xE2, 0x82]).encoding == .singleByte)
    #expect(text([0xF4, 0x90, 0x80, 0x80]).encoding == .singleByte)
  }

  @Test func `columns are counted in UTF-16`() {
    let source = text("a\nж😀b\r\n".utf8)
    // ж has two bytes and a unit, the face has four and two.
    #expect(source.position(at: 2) == .init(line: 2, column: 1))
    #expect(source.position(at: 3) == .init(line: 2, column: 1))
    #expect(source.position(at: 4) == .init(line: 2, column: 2))
    #expect(source.position(at: 6) == .init(line: 2, column: 2))
    #expect(source.position(at: 8) == .init(line: 2, column: 4))
    #expect(source.position(at: 11) == .init(line: 3, column: 1))
    #expect(source.position(at: 99) == .init(line: 3, column: 1))
    #expect(source.position(at: -1) == .init(line: 1, column: 1))
  }

  @Test func `with a byte for each character a column is a byte`() {
    let source = text([0xCF, 0xF0, 0xE8, 0x0A, 0xE2, 0x82, 0xAC, 0x3B])
    #expect(source.position(at: 2) == .init(line: 1, column: 3))
    #expect(source.position(at: 7) == .init(line: 2, column: 4))
  }

  @Test func `the mark at the beginning takes no column`() {
    let source = text([0xEF, 0xBB, 0xBF] + Array("ab\ncd".utf8))
    #expect(source.position(at: 0) == .init(line: 1, column: 1))
    #expect(source.position(at: 4) == .init(line: 1, column: 2))
    #expect(source.position(at: 7) == .init(line: 2, column: 2))
  }
}
