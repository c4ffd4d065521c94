import GuestABI
import NTStructures

/// IPv4 addresses as text.
///
/// Microsoft documents the routines' forms: dotted decimal, and without `Strict` the forms of one to four
/// parts in decimal, octal or hexadecimal.
extension RuntimeLibrary {
  var ipv4Exports: [Export] { ipv4Exports("A", UInt8.self) + ipv4Exports("W", UInt16.self) }

  private func ipv4Exports<Unit: CharacterUnit>(_ suffix: String, _ type: Unit.Type) -> [Export] {
    [
      export("RtlIpv4AddressToString" + suffix) {
        [self] (address: VirtualAddress, string: VirtualAddress) in
        let text = try ipv4Text(at: address, port: 0)
        try store(text + [0], at: string, type)
        return string + text.count * Unit.byteCount
      },
      export("RtlIpv4AddressToStringEx" + suffix) {
        [self]
        (
          address: VirtualAddress,
          port: UInt16,
          string: VirtualAddress,
          length: GuestPointer<UInt32>
        ) in
        guard address != .null, string != .null, !length.isNull else {
          return NTStatus.invalidParameter
        }
        // The port is in the network's order.
        let text = try ipv4Text(at: address, port: port.byteSwapped) + [0]
        let room = try memory.load(UInt32.self, at: length.address)
        try memory.store(UInt32(text.count), at: length.address)
        guard text.count <= Int(room) else { return .invalidParameter }
        try store(text, at: string, type)
        return .success
      },
      export("RtlIpv4StringToAddress" + suffix) {
        [self]
        (
          string: VirtualAddress,
          isStrict: Bool,
          terminator: VirtualAddress,
          address: VirtualAddress
        ) in
        var text = TextReader<Unit>(memory: memory, place: string, left: .max)
        let value = try parse(&text, isStrict)
        try memory.store(text.place, at: terminator)
        guard let value else { return NTStatus.invalidParameter }
        try memory.store(value.byteSwapped, at: address)
        return .success
      },
      export("RtlIpv4StringToAddressEx" + suffix) {
        [self]
        (
          string: VirtualAddress,
          isStrict: Bool,
          address: VirtualAddress,
          port: GuestPointer<UInt16>
        ) in
        guard string != .null, address != .null, !port.isNull else {
          return NTStatus.invalidParameter
        }
        var text = TextReader<Unit>(memory: memory, place: string, left: .max)
        guard let value = try parse(&text, isStrict) else { return .invalidParameter }
        var number: UInt32 = 0
        if try text.peek() == Unit(ascii: ":") {
          text.advance()
          guard let found = try part(&text, isStrict: false), found.value <= 0xFFFF else {
            return .invalidParameter
          }
          number = found.value
        }
        guard try text.peek() == 0 else { return .invalidParameter }
        try memory.store(value.byteSwapped, at: address)
        try memory.store(UInt16(number).byteSwapped, at: port.address)
        return .success
      },
    ]
  }

  private func ipv4Text(at address: VirtualAddress, port: UInt16) throws -> [UInt8] {
    let bytes = try memory.bytes(at: address, count: 4)
    var text = bytes.map { String($0) }.joined(separator: ".")
    if port != 0 { text += ":\(port)" }
    return Array(text.utf8)
  }

  func store<Unit: CharacterUnit>(
    _ text: [UInt8],
    at string: VirtualAddress,
    _ type: Unit.Type
  ) throws {
    for (index, unit) in text.enumerated() {
      try memory.store(Unit(unit), at: string + index * Unit.byteCount)
    }
  }

  /// Parses an address, and stops behind it.
  ///
  /// - Returns: The address with its first part highest, or nil if there is none.
  private func parse<Unit: CharacterUnit>(
    _ text: inout TextReader<Unit>,
    _ isStrict: Bool
  ) throws -> UInt32? {
    var parts: [UInt32] = []
    while true {
      guard let part = try part(&text, isStrict: isStrict) else { return nil }
      parts.append(part.value)
      guard parts.count < 4, try text.peek() == Unit(ascii: ".") else { break }
      text.advance()
    }
    guard parts.count == 4 || !isStrict else { return nil }
    // The last part fills what the others leave.
    let last = parts.removeLast()
    guard parts.allSatisfy({ $0 <= 0xFF }), last <= UInt32.max >> UInt32(8 * parts.count) else {
      return nil
    }
    var value = last
    for (index, part) in parts.enumerated() { value |= part << UInt32(24 - 8 * index) }
    return value
  }

  /// Parses a number, whose prefix says its base unless the form is strict.
  private func part<Unit: CharacterUnit>(
    _ text: inout TextReader<Unit>,
    isStrict: Bool
  ) throws -> (value: UInt32, digits: Int)? {
    var base: UInt32 = 10
    var digits = 0
    if try text.peek() == Unit(ascii: "0") {
      text.advance()
      digits = 1
      let next = try text.peek()
      let isHexadecimal = next == Unit(ascii: "x") || next == Unit(ascii: "X")
      if isHexadecimal || (next?.digitValue ?? 10) < 10 {
        guard !isStrict else {
          throw Unmodelled("RtlIpv4StringToAddress: a strict part that begins with 0")
        }
        base = isHexadecimal ? 16 : 8
        if isHexadecimal {
          text.advance()
          digits = 0
        }
      }
    }
    var value: UInt32 = 0
    while let digit = try text.peek()?.digitValue, digit < base {
      let (product, overflows) = value.multipliedReportingOverflow(by: base)
      let (sum, exceeds) = product.addingReportingOverflow(digit)
      guard !overflows, !exceeds else { return nil }
      value = sum
      digits += 1
      text.advance()
    }
    return digits > 0 ? (value, digits) : nil
  }
}
