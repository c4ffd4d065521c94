extension ImageHeader {
  /// Reads and checks the headers of a file.
  init(parsing file: ByteReader) throws(PortableExecutableError) {
    let start = try Self.locatePEHeader(in: file)
    let fileHeader = start + 4
    try file.require(20, at: fileHeader, in: "the file header")
    machine = try Image.Machine(reading: file.uint16(at: fileHeader, in: "the file header"))
    numberOfSections = Int(try file.uint16(at: fileHeader + 2, in: "the file header"))
    timestamp = try file.uint32(at: fileHeader + 4, in: "the file header")
    characteristics = ImageCharacteristics(
      rawValue: try file.uint16(at: fileHeader + 18, in: "the file header")
    )

    let fields = try OptionalHeaderFields(of: file, at: fileHeader, for: machine)
    let isLibrary = characteristics.contains(.library)
    subsystem = try Subsystem(reading: fields.uint16(68), isLibrary: isLibrary)
    linkerVersion = Version(UInt16(try fields.byte(2)), UInt16(try fields.byte(3)))
    operatingSystemVersion = Version(try fields.uint16(40), try fields.uint16(42))
    imageVersion = Version(try fields.uint16(44), try fields.uint16(46))
    subsystemVersion = Version(try fields.uint16(48), try fields.uint16(50))
    let entryPoint = try fields.uint32(16)
    self.entryPoint = entryPoint == 0 ? nil : RVA(rawValue: entryPoint)
    imageBase =
      switch machine {
      case .i386: UInt64(try fields.uint32(28))
      case .amd64: try fields.uint64(24)
      }
    sectionAlignment = try fields.uint32(32)
    fileAlignment = try fields.uint32(36)
    sizeOfImage = try fields.uint32(56)
    sizeOfHeaders = try fields.uint32(60)
    storedChecksum = try fields.uint32(64)
    dllCharacteristics = DLLCharacteristics(rawValue: try fields.uint16(70))
    directories = try fields.directories()
    checksumOffset = fields.start + 64
    sectionHeadersOffset = fields.start + fields.size

    let symbols = Int(try file.uint32(at: fileHeader + 8, in: "the file header"))
    let symbolCount = Int(try file.uint32(at: fileHeader + 12, in: "the file header"))
    stringTableOffset = symbols == 0 ? nil : symbols + 18 * symbolCount

    try checkAlignments()
    try checkSizes(file)
  }

  /// The place and size of a table, or `nil` when the image has none.
  func directory(_ kind: DataDirectory.Kind) -> DataDirectory? {
    guard kind.rawValue < directories.count else { return nil }
    let directory = directories[kind.rawValue]
    return directory.address == 0 ? nil : directory
  }

  /// The place of a table that must lie inside the image, or `nil` when the image has none.
  func checkedDirectory(
    _ kind: DataDirectory.Kind,
    in name: String
  ) throws(PortableExecutableError) -> DataDirectory? {
    guard let directory = directory(kind), directory.size > 0 else { return nil }
    guard directory.range.upperBound <= Int(sizeOfImage) else {
      throw .malformed(
        "\(name) (RVA \(directory.address), \(hex(directory.size)) bytes) is outside the image, "
          + "which ends at RVA \(hex(sizeOfImage))"
      )
    }
    return directory
  }
}

extension ImageHeader {
  private static func locatePEHeader(
    in file: ByteReader
  ) throws(PortableExecutableError) -> Int {
    guard !file.bytes.isEmpty else { throw PortableExecutableError(.empty, "the file is empty") }
    guard file.bytes.starts(with: [0x4D, 0x5A]) else { throw notPE("no MZ header") }
    try file.require(64, at: 0, in: "the DOS header")
    let offset = Int(try file.uint32(at: 60, in: "the DOS header"))
    let signature = try file.uint32(at: offset, in: "the PE header")
    guard signature == 0x0000_4550 else {
      switch signature & 0xFFFF {
      case 0x454E: throw notPE("a 16-bit Windows or OS/2 image (NE header)")
      case 0x454C: throw notPE("a Windows VxD or OS/2 image (LE header)")
      case 0x584C: throw notPE("an OS/2 image (LX header)")
      default: throw notPE("an MZ header, but no PE header at \(hex(offset))")
      }
    }
    // NT reads the header in place and refuses one that is not aligned to 4 bytes.
    guard offset.isMultiple(of: 4) else {
      throw .malformed("the PE header is at \(hex(offset)), which is not a multiple of 4")
    }
    return offset
  }

  private static func notPE(_ what: String) -> PortableExecutableError {
    PortableExecutableError(.notPortableExecutable, "not a PE image: \(what)")
  }

  /// Checks the rules of the specification's "Optional Header Windows-Specific Fields".
  private func checkAlignments() throws(PortableExecutableError) {
    guard sectionAlignment.nonzeroBitCount == 1, fileAlignment.nonzeroBitCount == 1 else {
      throw .malformed(
        "section alignment \(hex(sectionAlignment)) and file alignment \(hex(fileAlignment)) "
          + "must be powers of 2"
      )
    }
    guard hasPageAlignedSections || sectionAlignment == fileAlignment else {
      throw .malformed(
        "section alignment \(hex(sectionAlignment)) is smaller than a page, so file alignment "
          + "\(hex(fileAlignment)) must be the same"
      )
    }
    guard sectionAlignment >= fileAlignment else {
      throw .malformed(
        "section alignment \(hex(sectionAlignment)) is smaller than file alignment "
          + "\(hex(fileAlignment))"
      )
    }
    guard !hasPageAlignedSections || fileAlignment >= 512 else {
      throw .malformed(
        "file alignment \(hex(fileAlignment)) is smaller than 0x200 and not the same as section "
          + "alignment \(hex(sectionAlignment))"
      )
    }
    guard imageBase.isMultiple(of: 0x10000) else {
      throw .malformed("image base \(hex(imageBase)) is not a multiple of 0x10000")
    }
  }

  private func checkSizes(_ file: ByteReader) throws(PortableExecutableError) {
    guard characteristics.contains(.executable) else {
      throw .malformed("the linker did not mark the image as executable")
    }
    guard 1...Image.maximumNumberOfSections ~= numberOfSections else {
      throw .malformed(
        "the image has \(numberOfSections) sections; it must have 1 to "
          + "\(Image.maximumNumberOfSections)"
      )
    }
    try file.require(40 * numberOfSections, at: sectionHeadersOffset, in: "the section headers")
    try file.require(Int(sizeOfHeaders), at: 0, in: "the headers (\(hex(sizeOfHeaders)) bytes)")
    guard Int(sizeOfHeaders) >= sectionHeadersOffset + 40 * numberOfSections else {
      throw .malformed("SizeOfHeaders \(hex(sizeOfHeaders)) does not cover the section headers")
    }
    guard sizeOfImage >= sizeOfHeaders else {
      throw .malformed(
        "SizeOfImage \(hex(sizeOfImage)) is smaller than SizeOfHeaders \(hex(sizeOfHeaders))"
      )
    }
    guard sizeOfImage <= Image.maximumSize else {
      throw .unsupported(
        "SizeOfImage \(hex(sizeOfImage)) is larger than Lockstep's limit of "
          + "\(hex(Image.maximumSize)) bytes"
      )
    }
    if let entryPoint, entryPoint.rawValue >= sizeOfImage {
      throw .malformed(
        "the entry point is at RVA \(entryPoint), but the image ends at RVA \(hex(sizeOfImage))"
      )
    }
  }
}
