import PortableExecutable

/// Writes driver images for tests, byte by byte.
struct ImageBuilder {
  var machine: Image.Machine
  var imageBase: UInt64
  var sectionAlignment: UInt32
  var fileAlignment: UInt32
  var characteristics: ImageCharacteristics = .executable
  var entryPoint: UInt32 = 0
  private(set) var directories = [DataDirectory](
    repeating: DataDirectory(address: 0, size: 0),
    count: 16
  )
  private(set) var sections: [SectionPlan] = []
  private var nextAddress: UInt32
  private var longNames: [String] = []

  struct SectionPlan {
    let name: String
    let address: UInt32
    let virtualSize: UInt32
    let contents: [UInt8]
    let characteristics: SectionCharacteristics
  }

  init(_ machine: Image.Machine, alignment: UInt32 = 0x1000) {
    self.machine = machine
    imageBase = machine == .i386 ? 0x1_0000 : 0x1_4000_0000
    sectionAlignment = alignment
    fileAlignment = min(alignment, 0x200)
    nextAddress = max(alignment, Self.sizeOfHeaders)
  }

  static let peHeader = 0x80
  static let sizeOfHeaders: UInt32 = 0x400
  static let optionalHeader = peHeader + 24

  var sectionHeaders: Int { Self.optionalHeader + (machine == .i386 ? 0xE0 : 0xF0) }

  /// Adds a section behind those that are there, and returns its RVA.
  @discardableResult
  mutating func add(
    _ name: String,
    _ characteristics: SectionCharacteristics,
    virtualSize: UInt32? = nil,
    _ contents: (UInt32) -> [UInt8]
  ) -> UInt32 {
    let address = nextAddress
    let bytes = contents(address)
    let size = virtualSize ?? UInt32(bytes.count)
    sections.append(
      SectionPlan(
        name: name,
        address: address,
        virtualSize: size,
        contents: bytes,
        characteristics: characteristics
      )
    )
    nextAddress = roundUp(address + max(size, 1), to: sectionAlignment)
    if name.utf8.count > 8 { longNames.append(name) }
    return address
  }

  mutating func setDirectory(_ index: Int, _ address: UInt32, _ size: Int) {
    directories[index] = DataDirectory(address: RVA(rawValue: address), size: UInt32(size))
  }

  /// Writes the file, with a right checksum.
  func build() -> [UInt8] {
    var body = Blob(address: 0)
    var rawStarts: [UInt32] = []
    for section in sections {
      let start =
        sectionAlignment < 0x1000
        ? section.address : roundUp(max(Self.sizeOfHeaders, UInt32(body.count)), to: fileAlignment)
      body.pad(to: Int(start))
      rawStarts.append(section.contents.isEmpty ? 0 : start)
      body.bytes += section.contents
      body.pad(to: Int(roundUp(UInt32(body.count), to: fileAlignment)))
    }
    body.pad(to: Int(Self.sizeOfHeaders))
    let headers = headers(rawStarts, stringTable: longNames.isEmpty ? 0 : UInt32(body.count))
    body.bytes.replaceSubrange(0..<headers.count, with: headers)
    if !longNames.isEmpty {
      body.u32(0)
      for name in longNames { body.text(name) }
    }
    return withChecksum(body.bytes)
  }

  private func headers(_ rawStarts: [UInt32], stringTable: UInt32) -> [UInt8] {
    var blob = Blob(address: 0)
    blob.bytes = [0x4D, 0x5A]
    blob.pad(to: 60)
    blob.u32(UInt32(Self.peHeader))
    blob.pad(to: Self.peHeader)
    blob.u32(0x4550)
    blob.u16(machine.rawValue)
    blob.u16(UInt16(sections.count))
    blob.u32(0x3456_789A)
    blob.u32(stringTable)
    blob.u32(0)
    blob.u16(machine == .i386 ? 0xE0 : 0xF0)
    blob.u16(characteristics.rawValue)
    writeOptionalHeader(&blob)
    var longNameOffset = 4
    for (section, rawStart) in zip(sections, rawStarts) {
      var name = section.name
      if name.utf8.count > 8 {
        name = "/\(longNameOffset)"
        longNameOffset += section.name.utf8.count + 1
      }
      let start = blob.count
      blob.bytes += Array(name.utf8)
      blob.pad(to: start + 8)
      blob.u32(section.virtualSize)
      blob.u32(section.address)
      blob.u32(roundUp(UInt32(section.contents.count), to: fileAlignment))
      blob.u32(rawStart)
      blob.pad(to: start + 36)
      blob.u32(section.characteristics.rawValue)
    }
    return blob.bytes
  }

  private func writeOptionalHeader(_ blob: inout Blob) {
    let isWide = machine == .amd64
    blob.u16(isWide ? 0x20B : 0x10B)
    blob.bytes += [7, 10]
    for _ in 0..<3 { blob.u32(0) }
    blob.u32(entryPoint)
    blob.u32(0)
    if !isWide { blob.u32(0) }
    blob.pointer(imageBase, machine)
    blob.u32(sectionAlignment)
    blob.u32(fileAlignment)
    for version: UInt16 in [5, 2, 6, 1, 5, 1] { blob.u16(version) }
    blob.u32(0)
    blob.u32(nextAddress)
    blob.u32(Self.sizeOfHeaders)
    blob.u32(0)
    blob.u16(1)
    blob.u16(0x2140)
    for _ in 0..<4 { blob.pointer(0x1000, machine) }
    blob.u32(0)
    blob.u32(16)
    for directory in directories {
      blob.u32(directory.address.rawValue)
      blob.u32(directory.size)
    }
  }
}

/// Returns a file with the checksum that the linker would store.
private func withChecksum(_ file: [UInt8]) -> [UInt8] {
  var sum: UInt32 = 0
  for offset in stride(from: 0, to: file.count, by: 2) {
    sum += UInt32(file[offset])
    if offset + 1 < file.count { sum += UInt32(file[offset + 1]) << 8 }
    sum = (sum & 0xFFFF) + (sum >> 16)
  }
  var result = file
  result.patch(.storedChecksum, sum + UInt32(file.count))
  return result
}

func roundUp(_ value: UInt32, to alignment: UInt32) -> UInt32 {
  (value + alignment - 1) / alignment * alignment
}
