/// A relative virtual address: the number of bytes from an image's base in memory.
public struct RVA: RawRepresentable, Hashable, Sendable {
  /// The number of bytes from the image's base.
  public let rawValue: UInt32

  /// Creates an address from the number of bytes from the image's base.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The index of the addressed byte in the image as ``Image/layOut(at:)`` returns it.
  public var offset: Int { Int(rawValue) }
}

extension RVA: ExpressibleByIntegerLiteral {
  /// Creates an address from a literal number of bytes from the image's base.
  public init(integerLiteral value: UInt32) { self.init(rawValue: value) }
}

extension RVA: Comparable {
  /// Returns whether the first address is below the second.
  public static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }
}

extension RVA: CustomStringConvertible {
  /// The address in hexadecimal.
  public var description: String { hex(rawValue) }
}

/// Returns a number in hexadecimal, as the project's messages write it.
func hex(_ value: some BinaryInteger) -> String {
  "0x" + String(value, radix: 16, uppercase: true)
}
