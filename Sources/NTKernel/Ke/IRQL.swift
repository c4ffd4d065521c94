public import GuestABI

/// An interrupt request level: `KIRQL`.
public struct IRQL: RawRepresentable, Hashable, Comparable, Sendable, GuestScalar, GuestArgument,
  GuestResult
{
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Threads run normally: `PASSIVE_LEVEL`.
  public static var passive: Self { Self(rawValue: 0) }
  /// APCs are not delivered: `APC_LEVEL`.
  public static var apc: Self { Self(rawValue: 1) }
  /// Threads are not scheduled, and pages are not read in: `DISPATCH_LEVEL`.
  public static var dispatch: Self { Self(rawValue: 2) }

  /// The clock does not interrupt: `CLOCK_LEVEL`, which is 28 on x86 and 13 on x64; here the lower.
  public static var clock: Self { Self(rawValue: 13) }

  public static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }

  public static func size(on architecture: Architecture) -> Int { 1 }
  public init(guestBits: UInt64) { rawValue = UInt8(truncatingIfNeeded: guestBits) }
  public var guestBits: UInt64 { UInt64(rawValue) }
}
