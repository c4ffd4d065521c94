import PortableExecutable

/// Little-endian bytes that know the RVA at which they will lie.
struct Blob {
  let address: UInt32
  var bytes: [UInt8] = []

  init(address: UInt32) { self.address = address }

  var count: Int { bytes.count }

  /// The RVA of what is written next.
  var here: UInt32 { address + UInt32(bytes.count) }

  mutating func u16(_ value: UInt16) { append(value) }
  mutating func u32(_ value: UInt32) { append(value) }
  mutating func u64(_ value: UInt64) { append(value) }

  mutating func pointer(_ value: UInt64, _ machine: Image.Machine) {
    if machine == .i386 { u32(UInt32(value)) } else { u64(value) }
  }

  mutating func text(_ text: String) { bytes += Array(text.utf8) + [0] }

  mutating func pad(to count: Int) {
    if count > bytes.count { bytes += [UInt8](repeating: 0, count: count - bytes.count) }
  }

  private mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

/// A field of the headers that is at the same place in PE32 and PE32+.
struct HeaderField {
  let offset: Int
  let size: Int

  private static func optional(_ offset: Int, _ size: Int = 4) -> Self {
    Self(offset: ImageBuilder.optionalHeader + offset, size: size)
  }

  static let peHeaderOffset = Self(offset: 60, size: 4)
  static let signature = Self(offset: ImageBuilder.peHeader, size: 4)
  static let machine = Self(offset: ImageBuilder.peHeader + 4, size: 2)
  static let numberOfSections = Self(offset: ImageBuilder.peHeader + 6, size: 2)
  static let sizeOfOptionalHeader = Self(offset: ImageBuilder.peHeader + 20, size: 2)
  static let characteristics = Self(offset: ImageBuilder.peHeader + 22, size: 2)
  static let magic = optional(0, 2)
  static let entryPoint = optional(16)
  static let x86ImageBase = optional(28)
  static let sectionAlignment = optional(32)
  static let fileAlignment = optional(36)
  static let sizeOfImage = optional(56)
  static let sizeOfHeaders = optional(60)
  static let storedChecksum = optional(64)
  static let subsystem = optional(68, 2)
}

extension [UInt8] {
  /// Overwrites a little-endian number.
  mutating func patch(_ offset: Int, _ value: UInt64, size: Int = 4) {
    for index in 0..<size { self[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }

  mutating func patch(_ field: HeaderField, _ value: UInt32) {
    patch(field.offset, UInt64(value), size: field.size)
  }

  func patched(_ field: HeaderField, _ value: UInt32) -> Self {
    var copy = self
    copy.patch(field, value)
    return copy
  }

  func number(at offset: Int, size: Int) -> UInt64 {
    self[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
