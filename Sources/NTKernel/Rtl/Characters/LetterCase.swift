/// The case tables of NT, which fold single UTF-16 code units.
///
/// Below U+0100 they are those of Unicode, except that µ and ß stay as they are. NTFS stores the
/// same table in `$UpCase`. Above, the tables grew with the releases: letters whose case Unicode
/// changes are unmodelled, everything else has no case in any release.
enum LetterCase {
  /// Returns the upper-case form of a code unit: `RtlUpcaseUnicodeChar`.
  static func upcased(_ unit: UInt16) throws -> UInt16 {
    switch unit {
    case 0x61...0x7A: return unit - 0x20
    case 0xF7: return unit
    case 0xE0...0xFE: return unit - 0x20
    case 0xFF: return 0x178
    case ..<0x100: return unit
    default:
      // Halves of surrogate pairs are not scalars, and have no case.
      guard Unicode.Scalar(unit)?.properties.changesWhenUppercased == true else { return unit }
      throw unmodelled(unit)
    }
  }

  /// Returns the lower-case form of a code unit: `RtlDowncaseUnicodeChar`.
  static func downcased(_ unit: UInt16) throws -> UInt16 {
    switch unit {
    case 0x41...0x5A: return unit + 0x20
    case 0xD7: return unit
    case 0xC0...0xDE: return unit + 0x20
    case 0x178: return 0xFF
    case ..<0x100: return unit
    default:
      guard Unicode.Scalar(unit)?.properties.changesWhenLowercased == true else { return unit }
      throw unmodelled(unit)
    }
  }

  /// Returns the upper-case form of an ANSI character: `RtlUpperChar`.
  ///
  /// Wine's test of 0 to 0xFF on Windows finds only a to z changed; other sources change é as well.
  static func upcased(_ character: UInt8) throws -> UInt8 {
    if character < 0x80 { return (0x61...0x7A).contains(character) ? character - 0x20 : character }
    let unit = try CodePage.unicode(character)
    guard try upcased(unit) == unit else { throw unmodelled(unit) }
    return character
  }

  private static func unmodelled(_ unit: UInt16) -> Unmodelled {
    Unmodelled("letter case of U+\(String(unit, radix: 16, uppercase: true))")
  }
}
