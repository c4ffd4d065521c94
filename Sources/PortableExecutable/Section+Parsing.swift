extension Section {
  /// Reads and checks the section table.
  ///
  /// With page-aligned sections, NT insists that each begins where the one before it ends, rounded
  /// up to the section alignment (ReactOS, `PeFmtCreateSection`: "sections must be contiguous,
  /// ordered by base address and non-overlapping").
  static func parse(
    _ file: ByteReader,
    _ header: ImageHeader
  ) throws(PortableExecutableError) -> [Section] {
    let names = SectionNames(file: file, stringTableOffset: header.stringTableOffset)
    var sections: [Section] = []
    var next = roundUp(header.sizeOfHeaders, to: header.sectionAlignment)
    for index in 0..<header.numberOfSections {
      let start = header.sectionHeadersOffset + 40 * index
      let name = try names.name(at: start)
      let section = try Section(parsing: file, at: start, named: name, header)
      try section.check(after: next, header)
      next = roundUp(section.range.upperBound.rawValue, to: header.sectionAlignment)
      sections.append(section)
    }
    return sections
  }

  private init(
    parsing file: ByteReader,
    at start: Int,
    named name: String,
    _ header: ImageHeader
  ) throws(PortableExecutableError) {
    let title = "section \"\(name)\""
    let virtualSize = try file.uint32(at: start + 8, in: title)
    let address = RVA(rawValue: try file.uint32(at: start + 12, in: title))
    let rawSize = try file.uint32(at: start + 16, in: title)
    let rawStart = Int(try file.uint32(at: start + 20, in: title))
    self.name = name
    self.address = address
    self.virtualSize = virtualSize == 0 ? rawSize : virtualSize
    characteristics = SectionCharacteristics(
      rawValue: try file.uint32(at: start + 36, in: title)
    )

    let copied = rawStart == 0 ? 0 : Int(min(rawSize, self.virtualSize))
    rawRange = copied == 0 ? 0..<0 : rawStart..<rawStart + copied
    let (end, overflow) = address.rawValue.addingReportingOverflow(self.virtualSize)
    guard !overflow, end <= header.sizeOfImage else {
      throw .malformed(
        "\(title) (RVA \(address), \(hex(self.virtualSize)) bytes) is outside the image, which "
          + "ends at RVA \(hex(header.sizeOfImage))"
      )
    }
    try file.require(rawRange.count, at: rawRange.lowerBound, in: title)
  }

  private func check(
    after next: UInt32,
    _ header: ImageHeader
  ) throws(PortableExecutableError) {
    let title = "section \"\(name)\""
    guard virtualSize > 0 else { throw .malformed("\(title) has no size") }
    guard address.rawValue.isMultiple(of: header.sectionAlignment) else {
      throw .malformed(
        "\(title) is at RVA \(address), which is not a multiple of the section alignment "
          + hex(header.sectionAlignment)
      )
    }
    guard address.rawValue >= next else {
      throw .malformed("\(title) at RVA \(address) overlaps what ends at RVA \(hex(next))")
    }
    if header.hasPageAlignedSections {
      guard address.rawValue == next else {
        throw .malformed(
          "\(title) is at RVA \(address), but what precedes it ends at RVA \(hex(next)): NT allows "
            + "no gap"
        )
      }
      // NT maps whole sectors of the file.
      guard rawRange.lowerBound.isMultiple(of: 512) else {
        throw .malformed(
          "\(title) begins at \(hex(rawRange.lowerBound)) in the file, which is not a multiple of "
            + "0x200"
        )
      }
    } else if !rawRange.isEmpty, rawRange.lowerBound != address.offset {
      throw .unsupported(
        "\(title) begins at \(hex(rawRange.lowerBound)) in the file but at RVA \(address) in memory: "
          + "with a section alignment of \(hex(header.sectionAlignment)), NT maps the file as it is"
      )
    }
  }

  /// Rounds up to a power of two; sums stay below 2³³ and the image's size limit refuses them later.
  private static func roundUp(_ value: UInt32, to alignment: UInt32) -> UInt32 {
    let rounded = (UInt64(value) + UInt64(alignment) - 1) & ~(UInt64(alignment) - 1)
    return UInt32(clamping: rounded)
  }
}

/// Finds the names of sections, long ones in the COFF string table.
private struct SectionNames {
  let file: ByteReader
  let stringTableOffset: Int?

  func name(at start: Int) throws(PortableExecutableError) -> String {
    try file.require(8, at: start, in: "the section headers")
    let bytes = file.bytes[start..<start + 8].prefix { $0 != 0 }
    guard let stringTableOffset, bytes.first == 0x2F,
      let offset = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)), offset >= 0,
      let longName = try? file.string(at: stringTableOffset + offset, in: "a section's name")
    else {
      return String(escaping: bytes)
    }
    return longName
  }
}
