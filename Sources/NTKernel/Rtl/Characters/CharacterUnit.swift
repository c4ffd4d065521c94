import GuestABI

/// A unit of text: `char` or `WCHAR`.
protocol CharacterUnit: FixedWidthInteger, UnsignedInteger, GuestScalar, GuestArgument, GuestResult
{
  /// Returns whether NT's C library and Unicode agree that the unit, which is not ASCII, has no case.
  var isCertainlyUncased: Bool { get }
}

extension UInt8: CharacterUnit {
  var isCertainlyUncased: Bool { false }
}

extension UInt16: CharacterUnit {
  var isCertainlyUncased: Bool {
    Unicode.Scalar(self)?.properties.changesWhenCaseMapped != true
  }
}

extension CharacterUnit {
  /// The number of bytes in a unit.
  static var byteCount: Int { bitWidth / 8 }

  /// Creates the unit of an ASCII character.
  init(ascii scalar: Unicode.Scalar) { self = Self(truncatingIfNeeded: scalar.value) }

  /// Whether the unit is white space in the "C" locale.
  var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }

  /// The value of a digit in a base of up to 36, or nil.
  var digitValue: UInt32? {
    switch self {
    case 0x30...0x39: UInt32(self) - 0x30
    case 0x41...0x5A: UInt32(self) - 0x41 + 10
    case 0x61...0x7A: UInt32(self) - 0x61 + 10
    default: nil
    }
  }

  /// Returns the lower-case form in the "C" locale.
  func downcased(for routine: String) throws -> Self {
    if self < 0x80 { return (0x41...0x5A).contains(self) ? self + 0x20 : self }
    return try uncased(routine)
  }

  /// Returns the upper-case form in the "C" locale.
  func upcased(for routine: String) throws -> Self {
    if self < 0x80 { return (0x61...0x7A).contains(self) ? self - 0x20 : self }
    return try uncased(routine)
  }

  private func uncased(_ routine: String) throws -> Self {
    guard isCertainlyUncased else {
      throw Unmodelled("\(routine): letter case of a character that is not ASCII")
    }
    return self
  }
}

/// The digits of a number, most significant first.
struct Digits {
  /// The digits, as ASCII.
  let ascii: [UInt8]

  /// Creates the digits of a number.
  init(_ value: UInt64, base: UInt32, uppercase: Bool = false) {
    ascii = Array(String(value, radix: Int(base), uppercase: uppercase).utf8)
  }
}
