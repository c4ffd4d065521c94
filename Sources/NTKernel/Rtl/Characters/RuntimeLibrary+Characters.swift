import GuestABI

/// Single characters, classified as the "C" locale does; others than ASCII are unmodelled.
///
/// A class is documented to be zero or not, so it is 0 or 1.
extension RuntimeLibrary {
  var characterExports: [Export] {
    [
      characterClass("isdigit") { (0x30...0x39).contains($0) },
      characterClass("islower") { (0x61...0x7A).contains($0) },
      characterClass("isupper") { (0x41...0x5A).contains($0) },
      characterClass("isprint") { (0x20...0x7E).contains($0) },
      characterClass("isspace") { $0.isSpace },
      characterClass("isxdigit") { ($0.digitValue ?? 36) < 16 },
      export("tolower", .cdecl) { (character: Int32) in
        try Self.mapped(character, "tolower") { try $0.downcased(for: "tolower") }
      },
      export("toupper", .cdecl) { (character: Int32) in
        try Self.mapped(character, "toupper") { try $0.upcased(for: "toupper") }
      },
      export("towlower", .cdecl) { (unit: UInt16) in try unit.downcased(for: "towlower") },
      export("towupper", .cdecl) { (unit: UInt16) in try unit.upcased(for: "towupper") },
    ]
  }

  private func characterClass(
    _ name: String,
    _ contains: @escaping (UInt8) -> Bool
  ) -> Export {
    export(name, .cdecl) { (character: Int32) in
      // EOF belongs to no class.
      if character == -1 { return Int32(0) }
      if name == "isprint", character == 0x09 {
        // Microsoft's table calls the tab blank, and its documents say that it is not printable.
        throw Unmodelled("isprint: a tab")
      }
      return contains(try Self.ascii(character, name)) ? 1 : 0
    }
  }

  private static func mapped(
    _ character: Int32,
    _ routine: String,
    _ transform: (UInt8) throws -> UInt8
  ) throws -> Int32 {
    Int32(try transform(ascii(character, routine)))
  }

  private static func ascii(_ character: Int32, _ routine: String) throws -> UInt8 {
    guard let byte = UInt8(exactly: character), byte < 0x80 else {
      throw Unmodelled("\(routine): a character that is not ASCII")
    }
    return byte
  }
}

/// The C library's conversions between numbers and text.
extension RuntimeLibrary {
  var numberTextExports: [Export] {
    [
      export("atoi", .cdecl) { [self] in try integer($0, UInt8.self, "atoi") },
      export("atol", .cdecl) { [self] in try integer($0, UInt8.self, "atol") },
      export("_wtoi", .cdecl) { [self] in try integer($0, UInt16.self, "_wtoi") },
      export("_wtol", .cdecl) { [self] in try integer($0, UInt16.self, "_wtol") },
      export("_itoa", .cdecl) { [self] in try store($0, to: $1, base: $2, UInt8.self, "_itoa") },
      export("_itow", .cdecl) { [self] in try store($0, to: $1, base: $2, UInt16.self, "_itow") },
    ]
  }

  private func integer<Unit: CharacterUnit>(
    _ string: VirtualAddress,
    _ type: Unit.Type,
    _ routine: String
  ) throws -> Int32 {
    var text = TextReader<Unit>(memory: memory, place: string, left: .max)
    while let unit = try text.peek(), unit.isSpace { text.advance() }
    let sign = try text.peek()
    let isNegative = sign == Unit(ascii: "-")
    if isNegative || sign == Unit(ascii: "+") { text.advance() }
    var value: Int64 = 0
    while let digit = try text.peek()?.digitValue, digit < 10 {
      value = value * 10 + Int64(digit)
      guard value <= Int64(Int32.max) + (isNegative ? 1 : 0) else {
        // Older C libraries wrap, newer ones return the limit.
        throw Unmodelled("\(routine): a number that does not fit")
      }
      text.advance()
    }
    return Int32(truncatingIfNeeded: isNegative ? -value : value)
  }

  private func store<Unit: CharacterUnit>(
    _ value: Int32,
    to string: VirtualAddress,
    base: Int32,
    _ type: Unit.Type,
    _ routine: String
  ) throws -> VirtualAddress {
    guard (2...36).contains(base) else { throw Unmodelled("\(routine): base \(base)") }
    // Only in base 10 does a number have a sign.
    let isNegative = base == 10 && value < 0
    let magnitude = isNegative ? value.magnitude : UInt32(bitPattern: value)
    let digits = Digits(UInt64(magnitude), base: UInt32(base)).ascii
    let units = (isNegative ? [UInt8(ascii: "-")] : []) + digits + [0]
    for (index, unit) in units.enumerated() {
      try memory.store(Unit(unit), at: string + index * Unit.byteCount)
    }
    return string
  }
}
