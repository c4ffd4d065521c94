internal import GuestABI
internal import NTKernel
internal import NTReleases

extension Machine {
  /// Makes the kernel's image one that a driver can read: headers and an export directory.
  ///
  /// Drivers that look for the kernel's `MZ` and walk its export table find what the release exports.
  /// That is rare and costs time, so it happens at the first look at the headers.
  func makeKernelImageReadable() throws {
    let platform = configuration.architecture.platform
    let names = ExportHistory.names(in: .kernel, by: configuration.release, on: platform)
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let base = layout.header
    let start = Int(layout.exportDirectory.lowerBound.rawValue - base.rawValue)
    var functions: [UInt32] = []
    var nameAddresses: [UInt32] = []
    var text: [UInt8] = Array("ntoskrnl.exe\0".utf8)
    let tables = start + 40
    let strings = tables + names.count * 10
    for name in names {
      let address = try self.names.address(of: name)
      functions.append(UInt32(truncatingIfNeeded: address.rawValue &- base.rawValue))
      nameAddresses.append(UInt32(strings + text.count))
      text += Array(name.utf8) + [0]
    }
    let count = UInt32(names.count)
    // IMAGE_EXPORT_DIRECTORY: name, base, the counts, then the three tables.
    let directory: [UInt32] = [
      0, 0, 0, UInt32(strings), 1, count, count, UInt32(tables), UInt32(tables) + 4 * count,
      UInt32(tables) + 8 * count,
    ]
    var bytes: [UInt8] = []
    for word in directory + functions + nameAddresses { bytes += littleEndian(word) }
    for ordinal in 0..<names.count { bytes += littleEndian(UInt32(ordinal)).prefix(2) }
    bytes += text
    let pageCount = (bytes.count + 4095) / 4096
    guard layout.exportDirectory.lowerBound + pageCount * 4096 <= layout.exportDirectory.upperBound
    else { throw Unmodelled("an export directory of \(bytes.count) bytes") }
    try manager.mapKernelPages(pageCount, at: layout.exportDirectory.lowerBound)
    try memory.store(bytes: bytes, at: layout.exportDirectory.lowerBound)
    try memory.store(bytes: header(directorySize: bytes.count), at: base)
  }

  /// The DOS header, the PE headers and the data directory of exports.
  private func header(directorySize: Int) -> [UInt8] {
    let is64 = configuration.architecture == .x64
    var header = [UInt8](repeating: 0, count: 0x200)
    func put(_ value: UInt64, _ size: Int, at offset: Int) {
      for index in 0..<size {
        header[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
      }
    }
    let image = UInt64(layout.exportDirectory.upperBound.rawValue - layout.header.rawValue)
    put(0x5A4D, 2, at: 0)
    put(0x80, 4, at: 0x3C)
    put(0x4550, 4, at: 0x80)
    put(is64 ? 0x8664 : 0x14C, 2, at: 0x84)
    put(is64 ? 0xF0 : 0xE0, 2, at: 0x94)
    put(0x0022, 2, at: 0x96)
    let optional = 0x98
    put(is64 ? 0x20B : 0x10B, 2, at: optional)
    put(layout.header.rawValue, is64 ? 8 : 4, at: optional + (is64 ? 24 : 28))
    put(0x1000, 4, at: optional + 32)
    put(0x200, 4, at: optional + 36)
    put(UInt64(configuration.release.majorVersion), 2, at: optional + 40)
    put(UInt64(configuration.release.minorVersion), 2, at: optional + 42)
    put(image, 4, at: optional + 56)
    put(0x1000, 4, at: optional + 60)
    put(1, 2, at: optional + 68)
    put(16, 4, at: optional + (is64 ? 108 : 92))
    let directories = optional + (is64 ? 112 : 96)
    let start = layout.exportDirectory.lowerBound.rawValue - layout.header.rawValue
    put(start, 4, at: directories)
    put(UInt64(directorySize), 4, at: directories + 4)
    return header
  }

  private func littleEndian(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }
}
