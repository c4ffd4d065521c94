public import SourceChecker

/// From one place in a source to another, which is behind its last character.
public struct SourceRegion: Hashable, Sendable {
  public let start: SourceText.Position
  public let end: SourceText.Position
}

/// Tells the places of bytes, fast if it is asked about them in their order: a line may be as long as its
/// file, and have thousands of findings.
struct SourcePlaces {
  private let text: SourceText
  private var known: (offset: Int, position: SourceText.Position)?

  init(in text: SourceText) { self.text = text }

  /// The place of some bytes.
  mutating func region(of range: Range<Int>) -> SourceRegion {
    let start = position(at: range.lowerBound)
    known = (range.lowerBound, start)
    return SourceRegion(start: start, end: position(at: range.upperBound))
  }

  private func position(at offset: Int) -> SourceText.Position {
    guard let known, known.offset <= offset, offset <= text.bytes.count,
      text.line(at: offset) == known.position.line,
      known.offset >= 3 || text.encoding != .utf8WithMark
    else { return text.position(at: offset) }
    var units = 0
    for byte in text.bytes[known.offset..<offset] {
      if text.encoding == .singleByte {
        units += 1
      } else if byte & 0xC0 != 0x80 {
        units += byte >= 0xF0 ? 2 : 1
      }
    }
    return SourceText.Position(line: known.position.line, column: known.position.column + units)
  }
}

extension SourceText {
  /// The characters of some bytes; where a byte stands for a character of an unknown code page, U+FFFD.
  func string(_ range: Range<Int>) -> String {
    let bytes = bytes[range.clamped(to: 0..<bytes.count)]
    guard encoding == .singleByte else { return String(decoding: bytes, as: UTF8.self) }
    return String(
      String.UnicodeScalarView(bytes.map { $0 < 0x80 ? Unicode.Scalar($0) : "\u{FFFD}" })
    )
  }
}
