public import SourceChecker

/// From one place in a source to another, which is behind its last character.
public struct SourceRegion: Hashable, Sendable {
  public let start: SourceText.Position
  public let end: SourceText.Position

  /// The place of some bytes.
  init(_ range: Range<Int>, in text: SourceText) {
    start = text.position(at: range.lowerBound)
    end = text.position(at: max(range.lowerBound, range.upperBound))
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
