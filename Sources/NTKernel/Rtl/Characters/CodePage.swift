/// The ANSI code page of a machine: Windows-1252, that of a Western European or US system.
///
/// NT reads it from the registry at boot. This model always has 1252, without the three characters
/// that were added to it during the life of NT 4.0, and without the "best fit" of characters that it
/// does not have.
enum CodePage {
  /// The characters 0x80 to 0x9F; 0 where releases differ (the euro sign and Ž, ž).
  private static let high: [UInt16] = [
    0x0000, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x0000, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x0000, 0x0178,
  ]

  /// Returns the UTF-16 code unit of a character.
  static func unicode(_ byte: UInt8) throws -> UInt16 {
    guard (0x80..<0xA0).contains(byte) else { return UInt16(byte) }
    let unit = high[Int(byte) - 0x80]
    guard unit != 0 else { throw Unmodelled("code page 1252: character 0x\(hex(byte))") }
    return unit
  }

  /// Returns the character of a UTF-16 code unit.
  static func ansi(_ unit: UInt16) throws -> UInt8 {
    if let byte = UInt8(exactly: unit), byte < 0x80 || byte >= 0xA0 { return byte }
    if unit != 0, let index = high.firstIndex(of: unit) { return UInt8(0x80 + index) }
    throw Unmodelled("code page 1252: no certain equivalent of U+\(hex(unit))")
  }

  /// Returns what a debugger shows for text that a driver printed.
  static func display(_ bytes: [UInt8]) -> String {
    let units = bytes.map { byte in
      let unit = (0x80..<0xA0).contains(byte) ? high[Int(byte) - 0x80] : 0
      return unit == 0 ? UInt16(byte) : unit
    }
    return String(decoding: units, as: UTF16.self)
  }

  private static func hex(_ value: some FixedWidthInteger & UnsignedInteger) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, value.bitWidth / 4 - digits.count)) + digits
  }
}
