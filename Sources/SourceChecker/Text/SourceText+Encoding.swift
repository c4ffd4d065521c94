extension SourceText {
  /// How a file's bytes stand for characters.
  public enum Encoding: Hashable, Sendable {
    /// UTF-8; ASCII is that too.
    case utf8
    /// UTF-8 that begins with the mark EF BB BF.
    case utf8WithMark
    /// A byte for each character, as in the code pages 1251 and 1252: which one, the bytes do not tell.
    case singleByte

    /// Finds the encoding of a file: UTF-8 if it is valid as that.
    init(of bytes: [UInt8]) {
      let isValid = bytes.withUnsafeBufferPointer { bytes in
        var offset = 0
        while offset < bytes.count {
          guard let sequence = UTF8Sequence(in: bytes, at: offset, end: bytes.count) else {
            return false
          }
          offset += sequence.count
        }
        return true
      }
      if !isValid {
        self = .singleByte
      } else {
        self = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? .utf8WithMark : .utf8
      }
    }
  }

  /// A place as editors count it.
  public struct Position: Hashable, Comparable, Sendable {
    /// The line, from 1.
    public let line: Int
    /// The column, from 1, in UTF-16 code units.
    public let column: Int

    /// Creates a place.
    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }

    public static func < (first: Position, second: Position) -> Bool {
      (first.line, first.column) < (second.line, second.column)
    }
  }

  /// The place of an offset; an offset within a character is at the character.
  ///
  /// The mark at the beginning of a file takes no column.
  public func position(at offset: Int) -> Position {
    let offset = min(max(offset, 0), bytes.count)
    let line = line(at: offset)
    let start = textRange(ofLine: line).lowerBound
    guard offset > start else { return Position(line: line, column: 1) }
    guard encoding != .singleByte else { return Position(line: line, column: offset - start + 1) }
    let units = bytes.withUnsafeBufferPointer { bytes in
      var units = 0
      var place = start
      while place < offset, let sequence = UTF8Sequence(in: bytes, at: place, end: bytes.count) {
        place += sequence.count
        if place <= offset { units += sequence.scalar.value > 0xFFFF ? 2 : 1 }
      }
      return units
    }
    return Position(line: line, column: units + 1)
  }

  /// The bytes of a line without the mark at the beginning of a file and what ends the line.
  private func textRange(ofLine line: Int) -> Range<Int> {
    let range = range(ofLine: line)
    guard line == 1, encoding == .utf8WithMark else { return range }
    return 3..<max(range.upperBound, 3)
  }
}

/// One character in UTF-8.
private struct UTF8Sequence {
  let scalar: Unicode.Scalar
  let count: Int

  /// Decodes the character at an offset; nil if the bytes there are not valid.
  init?(in bytes: UnsafeBufferPointer<UInt8>, at offset: Int, end: Int) {
    let first = bytes[offset]
    guard first >= 0x80 else {
      scalar = Unicode.Scalar(first)
      count = 1
      return
    }
    var value: UInt32
    let least: UInt32
    switch first {
    case 0xC2...0xDF: (value, least, count) = (UInt32(first & 0x1F), 0x80, 2)
    case 0xE0...0xEF: (value, least, count) = (UInt32(first & 0x0F), 0x800, 3)
    case 0xF0...0xF4: (value, least, count) = (UInt32(first & 0x07), 0x10000, 4)
    default: return nil
    }
    guard end - offset >= count else { return nil }
    for index in 1..<count {
      let byte = bytes[offset + index]
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    guard value >= least, let scalar = Unicode.Scalar(value) else { return nil }
    self.scalar = scalar
  }
}
