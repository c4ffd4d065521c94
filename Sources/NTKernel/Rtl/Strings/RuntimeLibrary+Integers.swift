import GuestABI
import NTStructures

/// Integers as text.
///
/// What the documents leave open is what Wine's tests find on Windows (`rtlstr.c`).
extension RuntimeLibrary {
  var integerTextExports: [Export] {
    [
      export("RtlUnicodeStringToInteger") {
        [self] (string: GuestPointer<CountedString>, base: UInt32, result: GuestPointer<UInt32>) in
        let count = Int(try memory[string].length) / 2
        guard count > 0 else {
          // Windows 2000 reads the buffer all the same, later releases do not.
          throw Unmodelled("RtlUnicodeStringToInteger: an empty string")
        }
        let text = TextReader<UInt16>(memory: memory, place: try memory[string].buffer, left: count)
        return try parse(text, base, to: result)
      },
      export("RtlCharToInteger") {
        [self] (string: VirtualAddress, base: UInt32, result: GuestPointer<UInt32>) in
        guard try memory.load(UInt8.self, at: string) != 0 else {
          // Windows 2000 takes the terminator for a space, later releases do not.
          throw Unmodelled("RtlCharToInteger: an empty string")
        }
        return try parse(
          TextReader<UInt8>(memory: memory, place: string, left: .max),
          base,
          to: result
        )
      },
      export("RtlIntegerToChar") {
        [self] (value: UInt32, base: UInt32, size: Int32, string: VirtualAddress) in
        guard let digits = Self.digits(UInt64(value), base) else {
          return NTStatus.invalidParameter
        }
        guard size >= 0 else { throw Unmodelled("RtlIntegerToChar: a negative length") }
        guard digits.count <= Int(size) else { return .bufferOverflow }
        guard string != .null else { return .accessViolation }
        try memory.store(bytes: digits.count < Int(size) ? digits + [0] : digits, at: string)
        return .success
      },
      export("RtlIntegerToUnicodeString") {
        [self] (value: UInt32, base: UInt32, string: GuestPointer<CountedString>) in
        guard let digits = Self.digits(UInt64(value), base) else {
          return NTStatus.invalidParameter
        }
        guard digits.count <= 16 else {
          // Windows 2000 has no room for more, later releases do.
          throw Unmodelled("RtlIntegerToUnicodeString: more than 16 digits")
        }
        return try store(digits, in: string)
      },
      export("RtlInt64ToUnicodeString") {
        [self] (value: UInt64, base: UInt32, string: GuestPointer<CountedString>) in
        guard let digits = Self.digits(value, base) else { return NTStatus.invalidParameter }
        guard digits.count < Int(try memory[string].maximumLength) / 2 else {
          throw Unmodelled("RtlInt64ToUnicodeString: a buffer that is too small")
        }
        return try store(digits, in: string)
      },
    ]
  }

  private static func digits(_ value: UInt64, _ base: UInt32) -> [UInt8]? {
    guard [0, 2, 8, 10, 16].contains(base) else { return nil }
    return Digits(value, base: base == 0 ? 10 : base, uppercase: true).ascii
  }

  private func store(
    _ digits: [UInt8],
    in string: GuestPointer<CountedString>
  ) throws -> NTStatus {
    let length = digits.count * 2
    try memory[string].store(UInt16(length), in: \.length)
    let room = Int(try memory[string].maximumLength)
    guard room != length + 1 else {
      throw Unmodelled("RtlIntegerToUnicodeString: room for half a terminator")
    }
    guard length < room else { return .bufferOverflow }
    try memory.store(units: digits.map(UInt16.init) + [0], at: memory[string].buffer)
    return .success
  }

  /// Parses white space, a sign, a prefix that names the base (if none is given), and digits.
  private func parse<Unit: CharacterUnit>(
    _ text: TextReader<Unit>,
    _ base: UInt32,
    to result: GuestPointer<UInt32>
  ) throws -> NTStatus {
    guard [0, 2, 8, 10, 16].contains(base) else { return .invalidParameter }
    var text = text
    var base = base
    while let unit = try text.peek(), unit <= 0x20, unit != 0 { text.advance() }
    let sign = try text.peek()
    let isNegative = sign == Unit(ascii: "-")
    if isNegative || sign == Unit(ascii: "+") { text.advance() }
    if base == 0 {
      base = 10
      if try text.peek() == Unit(ascii: "0") {
        text.advance()
        let bases: [Unit: UInt32] = [
          Unit(ascii: "b"): 2, Unit(ascii: "o"): 8, Unit(ascii: "x"): 16,
        ]
        if let letter = try text.peek() {
          if let named = bases[letter] {
            base = named
            text.advance()
          } else if bases[letter | 0x20] != nil {
            throw Unmodelled("a number whose prefix has a capital letter")
          }
        }
      }
    }
    var value: UInt32 = 0
    while let digit = try text.peek()?.digitValue, digit < base {
      value = value &* base &+ digit
      text.advance()
    }
    guard !result.isNull else { return .accessViolation }
    try memory.store(isNegative ? 0 &- value : value, at: result.address)
    return .success
  }
}

/// Text that is read unit by unit.
struct TextReader<Unit: CharacterUnit> {
  let memory: AddressSpace
  var place: VirtualAddress
  /// The units before the end, for text that has no terminator.
  var left: Int

  /// Returns the unit that comes next, or nil at the end of counted text.
  func peek() throws(GuestFault) -> Unit? {
    left > 0 ? try memory.load(at: place) : nil
  }

  mutating func advance() {
    place = place + Unit.byteCount
    left -= 1
  }
}
