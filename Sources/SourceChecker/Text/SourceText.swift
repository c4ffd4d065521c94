/// A C or C++ source file: its bytes, and where its lines begin.
///
/// All ranges in this module are byte offsets into ``bytes``, whatever the encoding.
public struct SourceText: Sendable {
  /// The language that a file's name says it is in.
  public enum Language: Sendable {
    case c, cPlusPlus
  }

  /// The path as the user named it, or found below a folder that the user named.
  public let path: String
  public let language: Language
  public let bytes: [UInt8]
  public let encoding: Encoding
  /// The offset at which each line begins; the first is 0.
  let lineStarts: [Int]

  /// Creates a text of a file's bytes.
  public init(path: String, language: Language, bytes: [UInt8]) {
    self.path = path
    self.language = language
    self.bytes = bytes
    encoding = Encoding(of: bytes)
    var starts = [0]
    bytes.withUnsafeBufferPointer { bytes in
      for offset in bytes.indices where bytes[offset] == 0x0A { starts.append(offset + 1) }
    }
    lineStarts = starts
  }

  /// The line of an offset, from 1.
  public func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }
}
