public import GuestABI

/// The mode on whose behalf a routine runs: `KPROCESSOR_MODE`.
public enum ProcessorMode: UInt8, Sendable {
  case kernel = 0
  case user = 1
}

extension ProcessorMode: GuestScalar, GuestArgument {
  @inlinable
  @inline(__always)
  public static func size(on architecture: Architecture) -> Int { 1 }

  /// Creates a mode from its bits; NT treats every value but zero as user mode.
  @inlinable
  @inline(__always)
  public init(guestBits: UInt64) { self = UInt8(guestBits: guestBits) == 0 ? .kernel : .user }

  @inlinable
  @inline(__always)
  public var guestBits: UInt64 { UInt64(rawValue) }
}

/// What a dispatch routine of a driver looks like: `DRIVER_DISPATCH`.
public typealias DispatchRoutine =
  GuestFunction<NTStatus, GuestPointer<DeviceObject>, GuestPointer<IRP>>

/// The kind of a request: `IRP_MJ_…`.
public enum MajorFunction: UInt8, Sendable, CaseIterable {
  case create = 0
  case close = 2
  case read = 3
  case write = 4
  case queryInformation = 5
  case setInformation = 6
  case queryEA = 7
  case setEA = 8
  case flushBuffers = 9
  case queryVolumeInformation = 10
  case setVolumeInformation = 11
  case directoryControl = 12
  case fileSystemControl = 13
  case deviceControl = 14
  case internalDeviceControl = 15
  case shutdown = 16
  case lockControl = 17
  case cleanup = 18
  case querySecurity = 20
  case setSecurity = 21
  case power = 22
  case systemControl = 23
  case queryQuota = 25
  case setQuota = 26
  case plugAndPlay = 27

  /// The number of dispatch routines in a driver object: `IRP_MJ_MAXIMUM_FUNCTION` + 1.
  public static var count: Int { 28 }
}

/// What a dispatcher header's type byte says: `KOBJECTS`.
///
/// The values are those of the public debugger symbols (`dt nt!_KOBJECTS`).
public enum DispatcherObjectType: UInt8, Sendable {
  case notificationEvent = 0
  case synchronizationEvent = 1
  case mutant = 2
  case process = 3
  case queue = 4
  case semaphore = 5
  case thread = 6
  case notificationTimer = 8
  case synchronizationTimer = 9
}
