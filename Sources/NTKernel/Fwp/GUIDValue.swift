internal import GuestABI

/// A `GUID` as a value.
struct GUIDValue: Hashable {
  /// The 16 bytes, as two words in the order in which memory holds them.
  private let low: UInt64
  private let high: UInt64

  /// The bytes of a `GUID`.
  static var byteCount: Int { 16 }

  init(_ low: UInt64, _ high: UInt64) {
    self.low = low
    self.high = high
  }

  /// Reads a `GUID`.
  init(at address: VirtualAddress, in memory: AddressSpace) throws {
    low = try memory.load(at: address)
    high = try memory.load(at: address + 8)
  }

  /// Reads 32 hexadecimal digits, as a `GUID` is written without hyphens.
  init?(digits: String) {
    guard digits.utf8.count == 32,
      let first = UInt64(digits.prefix(16), radix: 16),
      let second = UInt64(digits.suffix(16), radix: 16)
    else { return nil }
    // Data1 is 32 bits, Data2 and Data3 are 16; the rest is bytes in the order in which it is written.
    let data1 = first >> 32
    let data2 = first >> 16 & 0xFFFF
    let data3 = first & 0xFFFF
    low = data1 | data2 << 32 | data3 << 48
    high = second.byteSwapped
  }

  /// Writes the `GUID`.
  func store(at address: VirtualAddress, in memory: AddressSpace) throws {
    try memory.store(low, at: address)
    try memory.store(high, at: address + 8)
  }

  /// Whether all bytes are 0: `GUID_NULL`.
  var isZero: Bool { low == 0 && high == 0 }
}

extension GUIDValue: CustomStringConvertible {
  /// The `GUID` in braces.
  var description: String {
    func hex(_ value: UInt64, _ digits: Int) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    let tail = high.byteSwapped
    return "{" + hex(low & 0xFFFF_FFFF, 8) + "-" + hex(low >> 32 & 0xFFFF, 4) + "-"
      + hex(low >> 48, 4) + "-" + hex(tail >> 48, 4) + "-" + hex(tail & 0xFFFF_FFFF_FFFF, 12) + "}"
  }
}
