extension BaseRelocation {
  /// Reads the base relocation table: blocks of entries, a block for each page.
  static func parse(
    _ memory: ByteReader,
    _ header: ImageHeader,
    fileSize: Int
  ) throws(PortableExecutableError) -> [BaseRelocation] {
    let title = "the relocation table"
    guard let directory = try header.checkedDirectory(.relocations, in: title) else { return [] }
    guard Int(directory.size) <= fileSize else {
      throw .malformed("\(title) has \(hex(directory.size)) bytes, more than the file")
    }
    var relocations: [BaseRelocation] = []
    var start = directory.address.offset
    let end = directory.range.upperBound
    while end - start >= RelocationBlock.headerSize {
      let block = try RelocationBlock(parsing: memory, at: start, end: end)
      // Zeros after the last block are padding that the directory's size covers.
      if block.isPadding { break }
      try block.append(to: &relocations)
      start = block.end
    }
    return relocations
  }
}

/// A block of the table (Microsoft PE/COFF specification, "Base Relocation Block").
private struct RelocationBlock {
  static let headerSize = 8

  let memory: ByteReader
  let page: UInt32
  let start: Int
  let end: Int
  let isPadding: Bool

  init(parsing memory: ByteReader, at start: Int, end: Int) throws(PortableExecutableError) {
    self.memory = memory
    self.start = start
    page = try memory.uint32(at: start, in: "a relocation block")
    let size = Int(try memory.uint32(at: start + 4, in: "a relocation block"))
    isPadding = page == 0 && size == 0
    guard isPadding || (size >= Self.headerSize && size.isMultiple(of: 2) && size <= end - start)
    else {
      throw .malformed(
        "the relocation block at RVA \(hex(start)) has a size of \(hex(size)) bytes; "
          + "\(hex(end - start)) are left in the table"
      )
    }
    self.end = start + size
  }

  func append(to relocations: inout [BaseRelocation]) throws(PortableExecutableError) {
    var offset = start + Self.headerSize
    while offset < end {
      let entry = try memory.uint16(at: offset, in: "a relocation block")
      offset += 2
      guard entry >> 12 != 0 else { continue }
      var adjustment: UInt16?
      if entry >> 12 == 4, offset < end {
        adjustment = try memory.uint16(at: offset, in: "a relocation block")
        offset += 2
      }
      relocations.append(try relocation(entry, adjustment))
    }
  }

  private func relocation(
    _ entry: UInt16,
    _ adjustment: UInt16?
  ) throws(PortableExecutableError) -> BaseRelocation {
    let target = Int(page) + Int(entry & 0xFFF)
    let kind: BaseRelocation.Kind
    switch (entry >> 12, adjustment) {
    case (1, _): kind = .high
    case (2, _): kind = .low
    case (3, _): kind = .highLow
    case (4, let low?): kind = .highAdjusted(low: Int16(bitPattern: low))
    case (4, nil):
      throw .malformed("the relocation block at RVA \(hex(start)) ends inside an entry")
    case (10, _): kind = .dir64
    case (let type, _):
      throw .unsupported("the relocation for RVA \(hex(target)) has type \(type), unknown on x86")
    }
    try memory.require(kind.size, at: target, in: "a relocated address")
    return BaseRelocation(address: RVA(rawValue: UInt32(clamping: target)), kind: kind)
  }
}
