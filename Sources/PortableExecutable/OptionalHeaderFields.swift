/// The fields of an optional header, which has been found to be of the machine's kind.
///
/// PE32 and PE32+ agree on the offsets of most fields; they part at the image base and after
/// `DllCharacteristics` (Microsoft PE/COFF specification, "Optional Header").
struct OptionalHeaderFields {
  let start: Int
  let size: Int
  private let file: ByteReader
  private let directoriesStart: Int

  init(
    of file: ByteReader,
    at fileHeader: Int,
    for machine: Image.Machine
  ) throws(PortableExecutableError) {
    self.file = file
    start = fileHeader + 20
    size = Int(try file.uint16(at: fileHeader + 16, in: "the file header"))
    try file.require(size, at: start, in: "the optional header")

    let magic = size >= 2 ? try file.uint16(at: start, in: "the optional header") : 0
    let (expectedMagic, format): (UInt16, String) =
      switch machine {
      case .i386: (0x10B, "x86 image must be PE32")
      case .amd64: (0x20B, "x64 image must be PE32+")
      }
    guard magic == expectedMagic else {
      throw .malformed(
        "an \(format) (magic \(hex(expectedMagic))), but the optional header has magic \(hex(magic))"
      )
    }
    directoriesStart = machine == .i386 ? 96 : 112
    guard size >= directoriesStart else {
      throw .malformed(
        "the optional header has \(hex(size)) bytes; it must have at least \(hex(directoriesStart))"
      )
    }
  }

  func byte(_ offset: Int) throws(PortableExecutableError) -> UInt8 {
    try file.byte(at: start + offset, in: "the optional header")
  }

  func uint16(_ offset: Int) throws(PortableExecutableError) -> UInt16 {
    try file.uint16(at: start + offset, in: "the optional header")
  }

  func uint32(_ offset: Int) throws(PortableExecutableError) -> UInt32 {
    try file.uint32(at: start + offset, in: "the optional header")
  }

  func uint64(_ offset: Int) throws(PortableExecutableError) -> UInt64 {
    try file.uint64(at: start + offset, in: "the optional header")
  }

  /// Reads the data directories, of which NT knows 16; more are ignored.
  func directories() throws(PortableExecutableError) -> [DataDirectory] {
    let count = min(16, Int(try uint32(directoriesStart - 4)))
    guard size >= directoriesStart + 8 * count else {
      throw .malformed(
        "the optional header has \(hex(size)) bytes, too few for its \(count) data directories"
      )
    }
    var directories: [DataDirectory] = []
    for index in 0..<count {
      let offset = directoriesStart + 8 * index
      let address = RVA(rawValue: try uint32(offset))
      directories.append(DataDirectory(address: address, size: try uint32(offset + 4)))
    }
    return directories
  }
}
