import GuestABI
import NTStructures

/// GUIDs as text: `{00020906-0000-0000-C000-000000000046}`.
extension RuntimeLibrary {
  var guidExports: [Export] {
    [
      export("RtlStringFromGUID", to: string(fromGUID:to:)),
      export("RtlGUIDFromString", to: guid(from:to:)),
    ]
  }

  /// The bytes of a GUID in the order in which text has them; nil where text has a hyphen.
  private static let order: [Int?] = [
    3, 2, 1, 0, nil, 5, 4, nil, 7, 6, nil, 8, 9, nil, 10, 11, 12, 13, 14, 15,
  ]

  private static let textLength = 38

  /// Writes a GUID to a new string.
  ///
  /// The corresponding kernel routine is `RtlStringFromGUID`.
  private func string(
    fromGUID guid: VirtualAddress,
    to string: GuestPointer<CountedString>
  ) throws -> NTStatus {
    let bytes = try memory.bytes(at: guid, count: 16)
    var text: [UInt8] = [UInt8(ascii: "{")]
    for index in Self.order {
      guard let index else {
        text.append(UInt8(ascii: "-"))
        continue
      }
      if bytes[index] < 0x10 { text.append(UInt8(ascii: "0")) }
      text += Digits(UInt64(bytes[index]), base: 16, uppercase: true).ascii
    }
    text.append(UInt8(ascii: "}"))
    let size = Self.textLength * 2
    guard let buffer = try allocateString(size + 2) else { return .noMemory }
    try memory.store(units: text.map(UInt16.init) + [0], at: buffer)
    try memory.set(string, buffer: buffer, length: size, maximumLength: size + 2)
    return .success
  }

  /// Reads a GUID.
  ///
  /// The corresponding kernel routine is `RtlGUIDFromString`.
  private func guid(
    from string: GuestPointer<CountedString>,
    to result: VirtualAddress
  ) throws -> NTStatus {
    let units = try memory.units(of: string, for: "RtlGUIDFromString")
    guard units.count <= Self.textLength else {
      throw Unmodelled("RtlGUIDFromString: a string of more than 38 characters")
    }
    guard units.count == Self.textLength, units.first == UInt16(ascii: "{"),
      units.last == UInt16(ascii: "}")
    else { return .invalidParameter }
    var bytes = [UInt8](repeating: 0, count: 16)
    var place = 1
    for index in Self.order {
      guard let index else {
        guard units[place] == UInt16(ascii: "-") else { return .invalidParameter }
        place += 1
        continue
      }
      guard let high = units[place].digitValue, let low = units[place + 1].digitValue,
        high < 16, low < 16
      else { return .invalidParameter }
      bytes[index] = UInt8(high << 4 | low)
      place += 2
    }
    try memory.store(bytes: bytes, at: result)
    return .success
  }
}
