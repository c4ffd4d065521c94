/// A name that compares without regard to case, unit by unit as `RtlUpcaseUnicodeChar` maps them.
public struct ObjectName: Hashable, Sendable {
  let units: [UInt16]

  /// Creates a name from its text.
  public init(_ text: some StringProtocol) { units = text.utf16.map(Self.uppercase) }

  static func uppercase(_ unit: UInt16) -> UInt16 {
    switch unit {
    case 0x61...0x7A: return unit - 0x20
    case 0..<0x80: return unit
    default:
      guard let mapping = UnicodeScalar(unit)?.properties.uppercaseMapping.utf16 else {
        return unit
      }
      guard mapping.count == 1, let first = mapping.first else { return unit }
      return first
    }
  }
}

extension ObjectName: Comparable {
  public static func < (first: Self, second: Self) -> Bool {
    first.units.lexicographicallyPrecedes(second.units)
  }
}

extension StringProtocol {
  /// The text as NT stores it: UTF-16, low bytes first, without a terminator.
  var littleEndianUTF16: [UInt8] {
    utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }
}

extension Array where Element == UInt8 {
  /// Appends an integer's bytes, low bytes first.
  mutating func append(littleEndian value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

extension StringProtocol {
  /// Whether a path starts at the root.
  var isAbsolutePath: Bool { utf16.first == 0x5C }

  /// A path's text up to its first separator, and the rest from there on.
  var firstComponent: (name: SubSequence, rest: SubSequence) {
    let separator = utf16.firstIndex(of: 0x5C) ?? endIndex
    return (self[..<separator], self[separator...])
  }

  /// A path's text up to its last separator, with it, and the name after it.
  var lastComponent: (parent: SubSequence, name: SubSequence) {
    let name = utf16.lastIndex(of: 0x5C).map { utf16.index(after: $0) } ?? startIndex
    return (self[..<name], self[name...])
  }
}
