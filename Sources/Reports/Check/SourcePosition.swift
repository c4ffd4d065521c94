internal import SourceChecker

/// A place in a source as editors and SARIF have it.
public struct SourcePosition: Hashable, Sendable {
  /// The line, from 1.
  public let line: Int
  /// The column, from 1, in units of UTF-16; of a file that is not UTF-8, in bytes.
  public let column: Int
}

/// From one place in a source to another, which is behind its last character.
public struct SourceRegion: Hashable, Sendable {
  public let start: SourcePosition
  public let end: SourcePosition
}

/// Turns bytes of a source into lines and columns, and into text to show.
struct SourceDecoder {
  private let text: SourceText
  /// Whether the file is UTF-8 throughout; if it is not, each byte counts as a character.
  private let isUTF8: Bool

  init(_ text: SourceText) {
    self.text = text
    isUTF8 =
      text.bytes.allSatisfy { $0 < 0x80 } || String(validating: text.bytes, as: UTF8.self) != nil
  }

  func region(of range: Range<Int>) -> SourceRegion {
    SourceRegion(start: position(of: range.lowerBound), end: position(of: range.upperBound))
  }

  func position(of offset: Int) -> SourcePosition {
    let offset = min(max(offset, 0), text.bytes.count)
    let line = text.line(at: offset)
    let start = start(ofLine: line)
    guard start < offset else { return SourcePosition(line: line, column: 1) }
    let bytes = text.bytes[start..<offset]
    let count = isUTF8 ? String(decoding: bytes, as: UTF8.self).utf16.count : bytes.count
    return SourcePosition(line: line, column: count + 1)
  }

  /// The characters of some bytes.
  func string(_ range: Range<Int>) -> String {
    let bytes = text.bytes[range.clamped(to: 0..<text.bytes.count)]
    if isUTF8 { return String(decoding: bytes, as: UTF8.self) }
    return String(
      String.UnicodeScalarView(bytes.map { $0 < 0x80 ? Unicode.Scalar($0) : "\u{FFFD}" })
    )
  }

  /// Where a line's first character is: a byte order mark is none.
  func start(ofLine line: Int) -> Int {
    let start = text.range(ofLine: line).lowerBound
    return line == 1 && text.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : start
  }
}
