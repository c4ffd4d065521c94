import Findings
import PortableExecutable

@testable import LockstepCommands

/// Builds the smallest images that count as drivers.
struct ImageBuilder {
  var machine: UInt16 = 0x14C
  /// The subsystem: 1 for drivers, 3 for console programs.
  var subsystem: UInt16 = 1
  /// The imports: modules, and names in them.
  var imports: [(module: String, names: [String])] = []

  private var isWide: Bool { machine != 0x14C }

  /// The bytes of the file: headers of 0x200 bytes, and a section at 0x1000.
  var bytes: [UInt8] {
    let section = importSection
    var file = [UInt8](repeating: 0, count: 0x200)
    func set(_ value: some FixedWidthInteger, at offset: Int) {
      for index in 0..<value.bitWidth / 8 {
        file[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
      }
    }
    set(UInt16(0x5A4D), at: 0)
    set(UInt32(0x40), at: 0x3C)
    set(UInt32(0x4550), at: 0x40)
    set(machine, at: 0x44)
    set(UInt16(1), at: 0x46)
    let optionalSize = isWide ? 240 : 224
    set(UInt16(optionalSize), at: 0x54)
    set(UInt16(isWide ? 0x22 : 0x102), at: 0x56)
    let optional = 0x58
    set(UInt16(isWide ? 0x20B : 0x10B), at: optional)
    set(UInt32(0x1000), at: optional + 16)
    if isWide {
      set(UInt64(0x1_4000_0000), at: optional + 24)
    } else {
      set(UInt32(0x10000), at: optional + 28)
    }
    set(UInt32(0x1000), at: optional + 32)
    set(UInt32(0x200), at: optional + 36)
    set(UInt32(0x2000), at: optional + 56)
    set(UInt32(0x200), at: optional + 60)
    set(subsystem, at: optional + 68)
    let directories = optional + (isWide ? 112 : 96)
    set(UInt32(16), at: directories - 4)
    if !imports.isEmpty {
      set(UInt32(0x1010), at: directories + 8)
      set(UInt32(20 * (imports.count + 1)), at: directories + 12)
    }
    let header = optional + optionalSize
    for (index, byte) in ".text".utf8.enumerated() { file[header + index] = byte }
    set(UInt32(section.count), at: header + 8)
    set(UInt32(0x1000), at: header + 12)
    set(UInt32(section.count), at: header + 16)
    set(UInt32(0x200), at: header + 20)
    set(UInt32(0xE000_0020), at: header + 36)
    return file + section
  }

  /// A section with an empty routine and the import directory at 0x1010.
  private var importSection: [UInt8] {
    var section = [UInt8](repeating: 0, count: 0x800)
    section[0] = 0xC3
    let width = isWide ? 8 : 4
    var free = 0x10 + 20 * (imports.count + 1)
    func set(_ value: Int, at offset: Int) {
      for index in 0..<4 {
        section[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
      }
    }
    func add(_ text: String) -> Int {
      let start = free
      for byte in text.utf8 {
        section[free] = byte
        free += 1
      }
      free = (free + 2) & ~1
      return start
    }
    for (index, entry) in imports.enumerated() {
      let names = entry.names.map { add("\0\0" + $0) }
      let module = add(entry.module)
      free = (free + 7) & ~7
      let (lookup, slots) = (free, free + width * (names.count + 1))
      free = slots + width * (names.count + 1)
      for (place, name) in names.enumerated() {
        set(0x1000 + name, at: lookup + width * place)
        set(0x1000 + name, at: slots + width * place)
      }
      let descriptor = 0x10 + 20 * index
      set(0x1000 + lookup, at: descriptor)
      set(0x1000 + module, at: descriptor + 12)
      set(0x1000 + slots, at: descriptor + 16)
    }
    return section
  }

  /// The driver in a file that is not there.
  func driver(_ name: String) throws -> InputDriver {
    let file = DriverFile(
      name: name,
      sha256: SHA256.hexadecimal(of: bytes),
      path: "nowhere/\(name)"
    )
    return InputDriver(file: file, image: try Image(parsing: bytes))
  }
}
