/// How characters of one byte and UTF-16 code units stand for each other.
struct TextEncoding {
  /// Returns the code unit of a character.
  let unicode: (UInt8) throws -> UInt16
  /// Returns the character of a code unit.
  let byte: (UInt16) throws -> UInt8

  /// The ANSI code page.
  static var ansi: Self { Self(unicode: CodePage.unicode, byte: CodePage.ansi) }

  /// The OEM code page.
  static var oem: Self { Self(unicode: OEMCodePage.unicode, byte: OEMCodePage.oem) }

  /// The encoding, with code units that become upper-case letters first.
  var upcased: Self {
    let byte = byte
    return Self(unicode: unicode, byte: { try byte(LetterCase.upcased($0)) })
  }
}

/// The OEM code page of a machine: 437, that of a US system.
///
/// NT reads it from the registry at boot. The table is that of the Unicode Consortium
/// (`VENDORS/MICSFT/PC/CP437.TXT`); the "best fit" of characters that it does not have is not modelled.
enum OEMCodePage {
  /// The code page's number.
  static var number: UInt16 { 437 }

  /// The characters from 0x80 on.
  private static let high: [UInt16] = [
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7,
    0x00EA, 0x00EB, 0x00E8, 0x00EF, 0x00EE, 0x00EC, 0x00C4, 0x00C5,
    0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9,
    0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192,
    0x00E1, 0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA, 0x00BA,
    0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556,
    0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510,
    0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F,
    0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567,
    0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B,
    0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
    0x03B1, 0x00DF, 0x0393, 0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4,
    0x03A6, 0x0398, 0x03A9, 0x03B4, 0x221E, 0x03C6, 0x03B5, 0x2229,
    0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248,
    0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0,
  ]

  /// Returns the UTF-16 code unit of a character.
  static func unicode(_ byte: UInt8) -> UInt16 {
    byte < 0x80 ? UInt16(byte) : high[Int(byte) - 0x80]
  }

  /// Returns the character of a UTF-16 code unit.
  static func oem(_ unit: UInt16) throws -> UInt8 {
    if let byte = UInt8(exactly: unit), byte < 0x80 { return byte }
    if let index = high.firstIndex(of: unit) { return UInt8(0x80 + index) }
    let digits = String(unit, radix: 16, uppercase: true)
    throw Unmodelled("code page 437: no certain equivalent of U+\(digits)")
  }
}
