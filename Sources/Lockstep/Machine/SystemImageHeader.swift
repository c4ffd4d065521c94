internal import GuestABI
internal import NTReleases

/// The headers of an image that is made, not loaded.
struct SystemImageHeader {
  let image: MachineLayout.SystemImage
  let isDLL: Bool
  let release: Release
  let architecture: Architecture

  private var is64: Bool { architecture == .x64 }

  /// A section, as its header tells it.
  private struct Section {
    let name: String
    let range: Range<VirtualAddress>
    let characteristics: UInt32
  }

  /// Code is read and executed, and never paged out; data is read and written; exports are read.
  private var sections: [Section] {
    [
      Section(name: ".text", range: image.slots, characteristics: 0x6800_0020),
      Section(
        name: ".data",
        range: image.slots.upperBound..<image.exportDirectory.lowerBound,
        characteristics: 0xC800_0040
      ),
      Section(
        name: ".edata",
        range: image.exportDirectory.lowerBound..<image.range.upperBound,
        characteristics: 0x4000_0040
      ),
    ]
  }

  /// The DOS header, the PE headers with the data directory of exports, and the section headers.
  func bytes(directorySize: Int) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 0x400)
    func put(_ value: UInt64, _ size: Int, at offset: Int) {
      for index in 0..<size {
        header[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
      }
    }
    let base = image.range.lowerBound.rawValue
    let optionalSize = is64 ? 0xF0 : 0xE0
    put(0x5A4D, 2, at: 0)
    put(0x80, 4, at: 0x3C)
    put(0x4550, 4, at: 0x80)
    put(is64 ? 0x8664 : 0x14C, 2, at: 0x84)
    put(UInt64(sections.count), 2, at: 0x86)
    put(UInt64(optionalSize), 2, at: 0x94)
    // An executable image for addresses above 2 GiB, or for 32-bit words, and a DLL.
    put((is64 ? 0x0022 : 0x0102) | (isDLL ? 0x2000 : 0), 2, at: 0x96)
    let optional = 0x98
    put(is64 ? 0x20B : 0x10B, 2, at: optional)
    put(base, is64 ? 8 : 4, at: optional + (is64 ? 24 : 28))
    put(0x1000, 4, at: optional + 32)
    put(0x200, 4, at: optional + 36)
    put(UInt64(release.majorVersion), 2, at: optional + 40)
    put(UInt64(release.minorVersion), 2, at: optional + 42)
    put(image.range.upperBound.rawValue - base, 4, at: optional + 56)
    put(0x1000, 4, at: optional + 60)
    put(1, 2, at: optional + 68)
    put(16, 4, at: optional + (is64 ? 108 : 92))
    let directories = optional + (is64 ? 112 : 96)
    put(image.exportDirectory.lowerBound.rawValue - base, 4, at: directories)
    put(UInt64(directorySize), 4, at: directories + 4)
    for (index, section) in sections.enumerated() {
      let place = optional + optionalSize + index * 40
      for (offset, character) in section.name.utf8.enumerated() {
        header[place + offset] = character
      }
      let size = section.range.upperBound.rawValue - section.range.lowerBound.rawValue
      put(size, 4, at: place + 8)
      put(section.range.lowerBound.rawValue - base, 4, at: place + 12)
      put(size, 4, at: place + 16)
      put(section.range.lowerBound.rawValue - base, 4, at: place + 20)
      put(UInt64(section.characteristics), 4, at: place + 36)
    }
    return header
  }
}
