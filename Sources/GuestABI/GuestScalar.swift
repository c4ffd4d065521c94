/// A value that fits in one guest register.
///
/// One conformance serves three places: structure fields, routine arguments and
/// routine results.
public protocol GuestScalar {
  /// Returns the number of bytes the value occupies in memory.
  static func size(on architecture: Architecture) -> Int

  /// Creates a value from its bits, of which those above its size are ignored.
  init(guestBits: UInt64)

  /// The value's bits, zero-extended.
  var guestBits: UInt64 { get }
}

extension GuestScalar where Self: FixedWidthInteger {
  @inlinable
  @inline(__always)
  public static func size(on architecture: Architecture) -> Int { MemoryLayout<Self>.size }

  @inlinable
  @inline(__always)
  public init(guestBits: UInt64) { self.init(truncatingIfNeeded: guestBits) }

  @inlinable
  @inline(__always)
  public var guestBits: UInt64 {
    UInt64(truncatingIfNeeded: self) & (UInt64.max >> UInt64(64 - Self.bitWidth))
  }
}

extension UInt8: GuestScalar {}
extension UInt16: GuestScalar {}
extension UInt32: GuestScalar {}
extension UInt64: GuestScalar {}
extension Int8: GuestScalar {}
extension Int16: GuestScalar {}
extension Int32: GuestScalar {}
extension Int64: GuestScalar {}

extension GuestScalar where Self: OptionSet, RawValue: GuestScalar {
  @inlinable
  @inline(__always)
  public static func size(on architecture: Architecture) -> Int { RawValue.size(on: architecture) }

  @inlinable
  @inline(__always)
  public init(guestBits: UInt64) { self.init(rawValue: RawValue(guestBits: guestBits)) }

  @inlinable
  @inline(__always)
  public var guestBits: UInt64 { rawValue.guestBits }
}

extension VirtualAddress: GuestScalar {
  @inlinable
  @inline(__always)
  public static func size(on architecture: Architecture) -> Int { architecture.pointerSize }

  @inlinable
  @inline(__always)
  public init(guestBits: UInt64) { self.init(rawValue: guestBits) }

  @inlinable
  @inline(__always)
  public var guestBits: UInt64 { rawValue }
}

/// An integer as wide as a pointer: `ULONG_PTR` and `SIZE_T`.
public struct GuestWord: RawRepresentable, Hashable, Sendable, GuestScalar, GuestArgument,
  GuestResult
{
  /// The value, zero-extended on 32-bit guests.
  public let rawValue: UInt64

  /// Creates a word from its value.
  @inlinable
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Creates a word from a value.
  @inlinable
  public init(_ value: some BinaryInteger) { rawValue = UInt64(truncatingIfNeeded: value) }

  @inlinable
  @inline(__always)
  public static func size(on architecture: Architecture) -> Int { architecture.pointerSize }

  @inlinable
  @inline(__always)
  public init(guestBits: UInt64) { rawValue = guestBits }

  @inlinable
  @inline(__always)
  public var guestBits: UInt64 { rawValue }

  /// The value as a count of bytes, with every count that no guest can have read as the largest.
  @inlinable public var byteCount: Int { Int(clamping: rawValue) }
}

/// One byte that is zero or not: `BOOLEAN`.
extension Bool: GuestScalar, GuestArgument, GuestResult {
  @inlinable
  @inline(__always)
  public static func size(on architecture: Architecture) -> Int { 1 }

  @inlinable
  @inline(__always)
  public init(guestBits: UInt64) { self = guestBits & 0xFF != 0 }

  @inlinable
  @inline(__always)
  public var guestBits: UInt64 { self ? 1 : 0 }
}
