import GuestABI

/// The C library's conversions between numbers and text of a size that they know.
extension RuntimeLibrary {
  var secureNumberExports: [Export] {
    [
      storing("_itoa_s", Int32.self, UInt8.self), storing("_itow_s", Int32.self, UInt16.self),
      storing("_ltoa_s", Int32.self, UInt8.self), storing("_ltow_s", Int32.self, UInt16.self),
      storing("_ultoa_s", UInt32.self, UInt8.self), storing("_ultow_s", UInt32.self, UInt16.self),
      storing("_i64toa_s", Int64.self, UInt8.self), storing("_i64tow_s", Int64.self, UInt16.self),
      storing("_ui64toa_s", UInt64.self, UInt8.self),
      storing("_ui64tow_s", UInt64.self, UInt16.self),
      export("_strtoui64", .cdecl) {
        [self] (string: VirtualAddress, end: VirtualAddress, base: Int32) in
        try number(string, end, base, UInt8.self, limit: .max, "_strtoui64")
      },
      export("wcstoul", .cdecl) {
        [self] (string: VirtualAddress, end: VirtualAddress, base: Int32) in
        let limit = UInt64(UInt32.max)
        let value = try number(string, end, base, UInt16.self, limit: limit, "wcstoul")
        return UInt32(truncatingIfNeeded: value)
      },
      export("strtok_s", .cdecl) {
        [self] (string: VirtualAddress, delimiters: VirtualAddress, context: VirtualAddress) in
        try token(string, delimiters, context)
      },
    ]
  }

  private func storing<Value: FixedWidthInteger & GuestArgument & GuestScalar, Unit: CharacterUnit>(
    _ name: String,
    _ type: Value.Type,
    _ unit: Unit.Type
  ) -> Export {
    export(name, .cdecl) {
      [self] (value: Value, string: VirtualAddress, size: GuestWord, base: Int32) in
      // Only in base 10 does a number have a sign.
      let isNegative = base == 10 && value < 0
      guard string != .null, (2...36).contains(base) else {
        throw Unmodelled("\(name): an invalid parameter")
      }
      let magnitude = isNegative ? UInt64(value.magnitude) : value.guestBits
      let digits = Digits(magnitude, base: UInt32(base)).ascii
      let units = (isNegative ? [UInt8(ascii: "-")] : []) + digits + [0]
      guard units.count <= size.byteCount else { throw Unmodelled("\(name): no room") }
      for (index, digit) in units.enumerated() {
        try memory.store(Unit(digit), at: string + index * Unit.byteCount)
      }
      return Int32(0)
    }
  }

  /// Parses white space, a sign, a prefix that names the base, and digits, as `strtoul` does.
  private func number<Unit: CharacterUnit>(
    _ string: VirtualAddress,
    _ end: VirtualAddress,
    _ base: Int32,
    _ type: Unit.Type,
    limit: UInt64,
    _ routine: String
  ) throws -> UInt64 {
    guard string != .null, base == 0 || (2...36).contains(base) else {
      throw Unmodelled("\(routine): an invalid parameter")
    }
    var text = TextReader<Unit>(memory: memory, place: string, left: .max)
    while let unit = try text.peek(), unit.isSpace { text.advance() }
    let sign = try text.peek()
    let isNegative = sign == Unit(ascii: "-")
    if isNegative || sign == Unit(ascii: "+") { text.advance() }
    var base = UInt64(base)
    var isFound = false
    if base == 0 || base == 16, try text.peek() == Unit(ascii: "0") {
      var after = text
      after.advance()
      let letter = try after.peek()
      if letter == Unit(ascii: "x") || letter == Unit(ascii: "X") {
        after.advance()
        // Without a digit after it, the prefix is the number 0 and what follows.
        guard let digit = try after.peek()?.digitValue, digit < 16 else {
          throw Unmodelled("\(routine): a prefix without digits")
        }
        base = 16
        text = after
      } else if base == 0 {
        base = 8
      }
    }
    if base == 0 { base = 10 }
    var value: UInt64 = 0
    while let digit = try text.peek()?.digitValue, UInt64(digit) < base {
      let (product, overflows) = value.multipliedReportingOverflow(by: base)
      let (sum, exceeds) = product.addingReportingOverflow(UInt64(digit))
      guard !overflows, !exceeds, sum <= limit else {
        throw Unmodelled("\(routine): a number that does not fit")
      }
      value = sum
      isFound = true
      text.advance()
    }
    if end != .null { try memory.store(isFound ? text.place : string, at: end) }
    return isNegative ? 0 &- value : value
  }

  /// Returns the next part of a string between delimiters.
  ///
  /// The corresponding kernel routine is `strtok_s`.
  private func token(
    _ string: VirtualAddress,
    _ delimiters: VirtualAddress,
    _ context: VirtualAddress
  ) throws -> VirtualAddress {
    let rest = string != .null ? string : try memory.load(VirtualAddress.self, at: context)
    guard rest != .null, delimiters != .null else {
      throw Unmodelled("strtok_s: an invalid parameter")
    }
    let count = try memory.length(of: delimiters, UInt8.self, atMost: 0x1000)
    let set = Set(try memory.bytes(at: delimiters, count: count))
    var start = rest
    while case let byte = try memory.load(UInt8.self, at: start), byte != 0, set.contains(byte) {
      start = start + 1
    }
    var end = start
    while case let byte = try memory.load(UInt8.self, at: end), byte != 0, !set.contains(byte) {
      end = end + 1
    }
    guard end != start else {
      try memory.store(end, at: context)
      return .null
    }
    if try memory.load(UInt8.self, at: end) != 0 {
      try memory.store(UInt8(0), at: end)
      end = end + 1
    }
    try memory.store(end, at: context)
    return start
  }
}
