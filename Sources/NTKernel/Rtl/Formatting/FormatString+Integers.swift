import GuestABI

/// A number that a conversion inserts.
struct FormattedInteger {
  var magnitude: UInt64
  var isNegative = false
}

extension FormatString {
  /// Reads a number.
  func integer(
    _ specification: FormatSpecification,
    _ arguments: inout some FormatArguments
  ) throws -> FormattedInteger {
    let isSigned = specification.letter == "d" || specification.letter == "i"
    let is64Bit: Bool
    switch specification.size {
    case .short:
      let bits = try arguments.next(UInt16.self)
      return Self.number(UInt64(bits), Int64(Int16(bitPattern: bits)), isSigned)
    case .standard, .long: is64Bit = false
    case .bits64: is64Bit = true
    // Bare `I`, and `I32`, came with a later C library than the first x86 kernels'.
    case .pointer where memory.architecture == .x64: is64Bit = true
    case .bits32 where memory.architecture == .x64: is64Bit = false
    case .longLong: return try longLong(specification, isSigned, &arguments)
    default: throw unmodelled(specification)
    }
    return is64Bit
      ? Self.number64(try arguments.next(UInt64.self), isSigned)
      : Self.number32(try arguments.next(UInt32.self), isSigned)
  }

  /// Reads a number whose width depends on the release.
  ///
  /// On x64 an argument has a slot of 64 bits either way, so a number that fits in 32 bits prints
  /// the same.
  private func longLong(
    _ specification: FormatSpecification,
    _ isSigned: Bool,
    _ arguments: inout some FormatArguments
  ) throws -> FormattedInteger {
    if understandsLongLong == false {
      return Self.number32(try arguments.next(UInt32.self), isSigned)
    }
    guard understandsLongLong == true || memory.architecture == .x64 else {
      throw unmodelled(specification)
    }
    let bits = try arguments.next(UInt64.self)
    let number = Self.number64(bits, isSigned)
    if understandsLongLong == nil {
      let narrow = Self.number32(UInt32(truncatingIfNeeded: bits), isSigned)
      guard narrow.magnitude == number.magnitude, narrow.isNegative == number.isNegative else {
        throw unmodelled(specification)
      }
    }
    return number
  }

  private static func number32(_ bits: UInt32, _ isSigned: Bool) -> FormattedInteger {
    number(UInt64(bits), Int64(Int32(bitPattern: bits)), isSigned)
  }

  private static func number64(_ bits: UInt64, _ isSigned: Bool) -> FormattedInteger {
    number(bits, Int64(bitPattern: bits), isSigned)
  }

  private static func number(
    _ unsigned: UInt64,
    _ signed: Int64,
    _ isSigned: Bool
  ) -> FormattedInteger {
    isSigned
      ? FormattedInteger(magnitude: signed.magnitude, isNegative: signed < 0)
      : FormattedInteger(magnitude: unsigned)
  }

  /// Writes a number, filled up to a width.
  func write(
    _ number: FormattedInteger,
    _ specification: FormatSpecification,
    to output: inout some FormatOutput
  ) throws {
    let letter = specification.letter
    let flags = specification.flags
    let base: UInt32 = letter == "x" || letter == "X" ? 16 : letter == "o" ? 8 : 10
    var digits = Digits(number.magnitude, base: base, uppercase: letter == "X").ascii
    if number.magnitude == 0, specification.precision == 0 { digits = [] }
    var prefix: [UInt8] = []
    if letter == "d" || letter == "i" {
      if number.isNegative {
        prefix = [UInt8(ascii: "-")]
      } else if flags.contains(.sign) {
        prefix = [UInt8(ascii: "+")]
      } else if flags.contains(.space) {
        prefix = [UInt8(ascii: " ")]
      }
    } else if flags.contains(.prefix), base == 16, number.magnitude != 0 {
      prefix = [UInt8(ascii: "0"), letter == "x" ? UInt8(ascii: "x") : UInt8(ascii: "X")]
    }
    var zeros = max(0, (specification.precision ?? 1) - digits.count)
    // The C library has a buffer of limited size for digits, whose limit differs by release.
    guard zeros < 300 else { throw unmodelled(specification) }
    if flags.contains(.prefix), base == 8, zeros == 0, digits.first != UInt8(ascii: "0") {
      zeros = 1
    }
    let padding = max(0, specification.width - prefix.count - zeros - digits.count)
    let isLeft = flags.contains(.leftAligned)
    let isZeroFilled = flags.contains(.zero) && !isLeft && specification.precision == nil
    if !isLeft, !isZeroFilled { try output.put(0x20, padding) }
    for digit in prefix { try output.put(UInt16(digit), 1) }
    try output.put(0x30, zeros + (isZeroFilled ? padding : 0))
    for digit in digits { try output.put(UInt16(digit), 1) }
    if isLeft { try output.put(0x20, padding) }
  }
}
