/// Bounds-checked little-endian reads from a hostile file, or from the image it makes in memory.
///
/// Offsets are sums and products of a few 32-bit header fields, which a 64-bit `Int` always holds.
struct ByteReader {
  /// What the bytes are, which decides how an error is worded.
  enum Space {
    /// The file: what lies outside is truncated.
    case file

    /// The image in memory, where offsets are RVAs: what points outside is malformed.
    case memory
  }

  let bytes: [UInt8]
  let space: Space

  /// The structure's name is only evaluated when it is needed for an error.
  typealias Name = () -> String

  func require(
    _ count: Int,
    at offset: Int,
    in name: @autoclosure Name
  ) throws(PortableExecutableError) {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      throw outside(offset, name())
    }
  }

  func byte(at offset: Int, in name: @autoclosure Name) throws(PortableExecutableError) -> UInt8 {
    try require(1, at: offset, in: name())
    return bytes[offset]
  }

  func uint16(
    at offset: Int,
    in name: @autoclosure Name
  ) throws(PortableExecutableError) -> UInt16 {
    try require(2, at: offset, in: name())
    return UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
  }

  func uint32(
    at offset: Int,
    in name: @autoclosure Name
  ) throws(PortableExecutableError) -> UInt32 {
    try require(4, at: offset, in: name())
    return UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8
      | UInt32(bytes[offset + 2]) << 16 | UInt32(bytes[offset + 3]) << 24
  }

  func uint64(
    at offset: Int,
    in name: @autoclosure Name
  ) throws(PortableExecutableError) -> UInt64 {
    let low = try uint32(at: offset, in: name())
    let high = try uint32(at: offset + 4, in: name())
    return UInt64(high) << 32 | UInt64(low)
  }

  /// Reads a pointer of the machine's size.
  func pointer(
    at offset: Int,
    for machine: Image.Machine,
    in name: @autoclosure Name
  ) throws(PortableExecutableError) -> UInt64 {
    switch machine {
    case .i386: UInt64(try uint32(at: offset, in: name()))
    case .amd64: try uint64(at: offset, in: name())
    }
  }

  /// Reads a zero-terminated string that is not empty.
  func string(
    at offset: Int,
    in name: @autoclosure Name
  ) throws(PortableExecutableError) -> String {
    try require(1, at: offset, in: name())
    let limit = min(bytes.count, offset + Self.longestString + 1)
    guard let end = bytes[offset..<limit].firstIndex(of: 0) else {
      throw .malformed("\(name()) at \(place(offset)) has no terminator")
    }
    guard end > offset else { throw .malformed("\(name()) at \(place(offset)) is empty") }
    return String(escaping: bytes[offset..<end])
  }

  /// The longest name that is read, in bytes: the longest decorated name that Microsoft's
  /// compilers emit (compiler warning C4503, "decorated name length exceeded").
  static let longestString = 4096

  private func outside(_ offset: Int, _ name: String) -> PortableExecutableError {
    let whole = space == .file ? "file" : "image"
    let end = "the \(whole) ends at \(place(bytes.count))"
    return PortableExecutableError(
      space == .file ? .truncated : .malformed,
      offset < bytes.count ? "\(end) inside \(name)" : "\(end), before \(name) at \(place(offset))"
    )
  }

  private func place(_ offset: Int) -> String {
    space == .file ? hex(offset) : "RVA " + hex(offset)
  }
}
