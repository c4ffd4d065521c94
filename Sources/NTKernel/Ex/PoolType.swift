public import GuestABI

/// The kind of memory that a pool allocation comes from: `POOL_TYPE`.
public struct PoolType: RawRepresentable, Hashable, Sendable, GuestScalar, GuestArgument {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Memory that stays resident: `NonPagedPool`.
  public static var nonpaged: Self { Self(rawValue: 0) }
  /// Memory that may be paged out: `PagedPool`.
  public static var paged: Self { Self(rawValue: 1) }

  /// Whether the memory may be paged out.
  public var isPaged: Bool { rawValue & 1 != 0 }

  public static func size(on architecture: Architecture) -> Int { 4 }
  public init(guestBits: UInt64) { rawValue = UInt32(truncatingIfNeeded: guestBits) }
  public var guestBits: UInt64 { UInt64(rawValue) }
}

/// Something that gives out kernel memory.
///
/// ``MemoryManager`` does; tests of routines that need memory use a simpler one.
public protocol PoolAllocator: AnyObject {
  /// Allocates memory whose contents are undefined.
  ///
  /// The corresponding kernel routine is `ExAllocatePoolWithTag`.
  ///
  /// - Parameters:
  ///   - byteCount: The number of bytes.
  ///   - type: The kind of memory.
  ///   - tag: Four characters that name the owner, the first in the lowest byte.
  /// - Returns: The first byte, or nil if the pool is exhausted.
  /// - Throws: ``Unmodelled`` if whether it is exhausted depends on what is not modelled.
  func allocatePool(_ byteCount: Int, _ type: PoolType, tag: UInt32) throws -> VirtualAddress?

  /// Frees memory.
  ///
  /// The corresponding kernel routine is `ExFreePool`.
  ///
  /// - Parameter address: What ``allocatePool(_:_:tag:)`` returned.
  /// - Throws: The ``BugCheck`` with which the release answers an address that is no allocation.
  func freePool(_ address: VirtualAddress) throws
}
