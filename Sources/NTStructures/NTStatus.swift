public import GuestABI

/// The outcome of a routine, as the guest sees it: `NTSTATUS`.
public struct NTStatus: RawRepresentable, Hashable, Sendable {
  public let rawValue: Int32
  @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Creates a status from the unsigned form in which headers write it.
  @inlinable public init(_ bits: UInt32) { rawValue = Int32(bitPattern: bits) }

  /// Whether the status says success or is informational: `NT_SUCCESS`.
  @inlinable public var isSuccess: Bool { rawValue >= 0 }
}

extension NTStatus: GuestScalar, GuestArgument, GuestResult {
  @inlinable
  @inline(__always)
  public static func size(on architecture: Architecture) -> Int { 4 }

  @inlinable
  @inline(__always)
  public init(guestBits: UInt64) { self.init(rawValue: Int32(guestBits: guestBits)) }

  @inlinable
  @inline(__always)
  public var guestBits: UInt64 { rawValue.guestBits }
}
