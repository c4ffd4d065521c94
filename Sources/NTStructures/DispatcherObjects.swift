public import GuestABI

/// What every object that a thread can wait for begins with.
///
/// The corresponding C type is `DISPATCHER_HEADER`.
public struct DispatcherHeader: GuestStructure {
  /// The kind of object, a ``DispatcherObjectType``.
  public let type = Field<UInt8>(x86: 0x00, x64: 0x00)
  /// The size of the object in 32-bit words.
  public let size = Field<UInt8>(x86: 0x02, x64: 0x02)
  public let signalState = Field<Int32>(x86: 0x04, x64: 0x04)
  /// The start of a `LIST_ENTRY`.
  public let waitListHead = Field<VirtualAddress>(x86: 0x08, x64: 0x08)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x10 : 0x18
  }
}

/// A semaphore.
///
/// The corresponding C type is `KSEMAPHORE`.
public struct KSemaphore: GuestStructure {
  public let limit = Field<Int32>(x86: 0x10, x64: 0x18)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x14 : 0x20
  }
}

/// A mutex.
///
/// The corresponding C type is `KMUTANT`.
public struct KMutant: GuestStructure {
  /// The start of a `LIST_ENTRY`.
  public let mutantListEntry = Field<VirtualAddress>(x86: 0x10, x64: 0x18)
  public let ownerThread = Field<VirtualAddress>(x86: 0x18, x64: 0x28)
  public let isAbandoned = Field<Bool>(x86: 0x1C, x64: 0x30)
  public let apcDisable = Field<UInt8>(x86: 0x1D, x64: 0x31)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x20 : 0x38
  }
}

/// A timer.
///
/// The corresponding C type is `KTIMER`.
public struct KTimer: GuestStructure {
  /// When the timer expires, in units of 100 ns of interrupt time.
  public let dueTime = Field<UInt64>(x86: 0x10, x64: 0x18)
  /// The start of a `LIST_ENTRY`.
  public let timerListEntry = Field<VirtualAddress>(x86: 0x18, x64: 0x20)
  public let dpc = Field<GuestPointer<KDPC>>(x86: 0x20, x64: 0x30)
  /// Milliseconds between expirations; 0 for a timer that expires once.
  public let period = Field<UInt32>(x86: 0x24, x64: 0x3C)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x28 : 0x40
  }
}

/// A deferred procedure call.
///
/// The order of ``importance`` and ``number`` is that of Server 2003 and later (KD-061).
///
/// The corresponding C type is `KDPC`.
public struct KDPC: GuestStructure {
  public let type = Field<UInt8>(x86: 0x00, x64: 0x00)
  public let importance = Field<UInt8>(x86: 0x01, x64: 0x01)
  public let number = Field<UInt16>(x86: 0x02, x64: 0x02)
  /// The start of a `LIST_ENTRY`.
  public let dpcListEntry = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  public let deferredRoutine =
    Field<GuestFunction<Void, GuestPointer<KDPC>, VirtualAddress, VirtualAddress, VirtualAddress>>(
      x86: 0x0C,
      x64: 0x18
    )
  public let deferredContext = Field<VirtualAddress>(x86: 0x10, x64: 0x20)
  public let systemArgument1 = Field<VirtualAddress>(x86: 0x14, x64: 0x28)
  public let systemArgument2 = Field<VirtualAddress>(x86: 0x18, x64: 0x30)
  public let dpcData = Field<VirtualAddress>(x86: 0x1C, x64: 0x38)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x20 : 0x40
  }
}

/// A fast mutex.
///
/// The corresponding C type is `FAST_MUTEX`.
public struct FastMutex: GuestStructure {
  /// 1 if nobody owns it.
  public let count = Field<Int32>(x86: 0x00, x64: 0x00)
  public let owner = Field<VirtualAddress>(x86: 0x04, x64: 0x08)
  public let contention = Field<UInt32>(x86: 0x08, x64: 0x10)
  /// The start of a `KEVENT`.
  public let event = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)
  public let oldIRQL = Field<UInt32>(x86: 0x1C, x64: 0x30)

  @inlinable
  @inline(__always)
  public init() {}

  @inlinable
  public static func size(on architecture: Architecture) -> Int {
    architecture == .x86 ? 0x20 : 0x38
  }
}
