/// An address on the guest's memory bus: `PHYSICAL_ADDRESS`.
public struct PhysicalAddress: RawRepresentable, Hashable, Sendable {
  /// The address, in bytes from the start of physical memory.
  public let rawValue: UInt64

  /// Creates an address from its numeric value.
  @inlinable
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Creates the address of the first byte of a page frame.
  @inlinable
  public init(frame: FrameNumber) { self.init(rawValue: UInt64(frame) &<< 12) }

  /// The number of the page frame that holds the address.
  ///
  /// Frames past 2^32 (16 TiB of memory) do not exist in a machine, and read as the last number.
  @inlinable
  public var frame: FrameNumber { FrameNumber(clamping: rawValue &>> 12) }

  /// The number of bytes from the start of the frame.
  @inlinable
  public var offsetInFrame: Int { Int(truncatingIfNeeded: rawValue & 0xFFF) }

  /// Returns the address the given number of bytes after this one.
  @inlinable
  public static func + (address: Self, byteCount: Int) -> Self {
    Self(rawValue: address.rawValue &+ UInt64(bitPattern: Int64(byteCount)))
  }
}

/// The number of a page frame: NT's `PFN`, a physical address divided by the page size.
public typealias FrameNumber = UInt32

extension PhysicalAddress: GuestScalar, GuestArgument, GuestResult {
  @inlinable
  @inline(__always)
  public static func size(on architecture: Architecture) -> Int { 8 }

  @inlinable
  @inline(__always)
  public init(guestBits: UInt64) { self.init(rawValue: guestBits) }

  @inlinable
  @inline(__always)
  public var guestBits: UInt64 { rawValue }
}
