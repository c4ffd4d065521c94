internal import GuestABI
internal import NTReleases
internal import NTStructures

/// What NDIS gives drivers of every kind: memory, locks, events, time and its version.
///
/// The facts are those of the pages of `ndis.h`; of structures, those of the header.
final class NDISServices {
  private let memory: AddressSpace
  private let manager: MemoryManager
  private let dispatcher: Dispatcher
  private let version: UInt32
  private let addressOfRoutine: (String) throws -> VirtualAddress

  init(
    _ manager: MemoryManager,
    _ dispatcher: Dispatcher,
    _ behaviour: Behaviour,
    addressOfRoutine: @escaping (String) throws -> VirtualAddress
  ) {
    memory = manager.memory
    self.manager = manager
    self.dispatcher = dispatcher
    version = behaviour.ndisVersion
    self.addressOfRoutine = addressOfRoutine
  }

  /// The routines that drivers import.
  var exports: [Export] { memoryExports + lockExports + eventExports + timeExports }

  private static var noTag: UInt32 { 0x7369_646E }  // ndis

  /// Allocates nonpaged memory for a driver.
  private func allocate(_ byteCount: UInt32, tag: UInt32) throws -> VirtualAddress? {
    let caller = manager.context.caller
    return try manager.allocatePool(Int(byteCount), .nonpaged, tag: tag, caller: caller)
  }

  /// Allocates memory, and stores where it is.
  ///
  /// - Returns: `NDIS_STATUS_SUCCESS`, or `NDIS_STATUS_RESOURCES`, which is the same as
  ///   `STATUS_INSUFFICIENT_RESOURCES`, with NULL for the address.
  private func allocate(
    _ result: VirtualAddress,
    _ byteCount: UInt32,
    tag: UInt32
  ) throws -> NTStatus {
    let block = try allocate(byteCount, tag: tag)
    try memory.store(block ?? .null, at: result)
    return block == nil ? .insufficientResources : .success
  }

  private var memoryExports: [Export] {
    [
      export("NdisGetVersion") { [self] () in version },
      export("NdisAllocateMemoryWithTagPriority") {
        [self]
        (handle: VirtualAddress, byteCount: UInt32, tag: UInt32, priority: UInt32) in
        try allocate(byteCount, tag: tag) ?? .null
      },
      export("NdisAllocateMemoryWithTag") {
        [self]
        (result: VirtualAddress, byteCount: UInt32, tag: UInt32) in
        try allocate(result, byteCount, tag: tag)
      },
      export("NdisAllocateMemory") {
        [self]
        (result: VirtualAddress, byteCount: UInt32, flags: UInt32, highest: UInt64) in
        // NDIS_MEMORY_CONTIGUOUS and NDIS_MEMORY_NONCACHED.
        guard flags == 0 else { throw Unmodelled("NdisAllocateMemory with flags \(flags)") }
        return try allocate(result, byteCount, tag: Self.noTag)
      },
      export("NdisFreeMemory") { [self] (block: VirtualAddress, byteCount: UInt32, flags: UInt32) in
        guard flags == 0 else { throw Unmodelled("NdisFreeMemory with flags \(flags)") }
        try manager.freePool(block, caller: manager.context.caller)
      },
      export("NdisFreeMemoryWithTagPriority") {
        [self]
        (handle: VirtualAddress, block: VirtualAddress, tag: UInt32) in
        try manager.freePool(block, caller: manager.context.caller)
      },
    ]
  }

  // Locks: NDIS_SPIN_LOCK is a KSPIN_LOCK and the IRQL before it was taken.

  private func irqlPlace(_ lock: VirtualAddress) -> VirtualAddress {
    lock + memory.architecture.pointerSize
  }

  private var lockExports: [Export] {
    [
      export("NdisAllocateSpinLock") { [self] (lock: VirtualAddress) in
        try memory.store(GuestWord(0), at: lock)
      },
      export("NdisFreeSpinLock") { (lock: VirtualAddress) in },
      export("NdisAcquireSpinLock") { [self] (lock: VirtualAddress) in
        let old = dispatcher.irql
        guard old <= .dispatch else {
          throw BugCheck(.irqlNotGreaterOrEqual, UInt64(old.rawValue), 2, 0, 0)
        }
        try dispatcher.setIRQL(.dispatch)
        try dispatcher.acquireSpinLock(lock)
        try memory.store(old, at: irqlPlace(lock))
      },
      export("NdisReleaseSpinLock") { [self] (lock: VirtualAddress) in
        let old: IRQL = try memory.load(at: irqlPlace(lock))
        guard old <= .dispatch else {
          throw Unmodelled("NdisReleaseSpinLock of a lock whose IRQL was overwritten")
        }
        try dispatcher.releaseSpinLock(lock)
        try dispatcher.setIRQL(old)
      },
      export("NdisDprAcquireSpinLock") { [self] (lock: VirtualAddress) in
        try dispatcher.acquireSpinLock(lock)
        try memory.store(IRQL.dispatch, at: irqlPlace(lock))
      },
      export("NdisDprReleaseSpinLock") { [self] (lock: VirtualAddress) in
        try dispatcher.releaseSpinLock(lock)
      },
    ]
  }

  // Events: NDIS_EVENT is a KEVENT.

  private var eventExports: [Export] {
    [
      export("NdisInitializeEvent") { [self] (event: VirtualAddress) in
        try dispatcher.initialize(
          event,
          .notificationEvent,
          byteCount: DispatcherHeader.size(on: memory.architecture),
          signalState: 0
        )
      },
      export("NdisSetEvent") { [self] (event: VirtualAddress) in
        _ = try dispatcher.setEvent(event, to: 1)
      },
      export("NdisResetEvent") { [self] (event: VirtualAddress) in
        _ = try dispatcher.setEvent(event, to: 0)
      },
      export("NdisWaitEvent", to: waitEvent(_:_:)),
      export("NdisMSleep") { [self] (microseconds: UInt32) in
        try dispatcher.delay(-Int64(microseconds) * 10)
      },
    ]
  }

  /// Waits for an event.
  ///
  /// The corresponding kernel routine is `NdisWaitEvent`.
  ///
  /// - Parameters:
  ///   - event: The event.
  ///   - milliseconds: How long to wait; 0 for ever.
  /// - Returns: Whether the event was set.
  /// - Throws: A `GuestFault` if the event cannot be read.
  private func waitEvent(_ event: VirtualAddress, _ milliseconds: UInt32) throws -> Completion {
    var timeout = VirtualAddress.null
    if milliseconds > 0 {
      guard let block = try manager.allocatePool(8, .nonpaged, tag: Self.noTag) else {
        throw RaisedStatus(.insufficientResources)
      }
      try memory.store(-Int64(milliseconds) * 10_000, at: block)
      timeout = block
    }
    // Executive, KernelMode, not alertable.
    let wait = GuestCall(
      try addressOfRoutine("KeWaitForSingleObject"),
      event.rawValue,
      0,
      0,
      0,
      timeout.rawValue
    )
    return .call(wait) { [self] result in
      if timeout != .null { try manager.freePool(timeout) }
      return .returned(NTStatus(guestBits: result) == .success)
    }
  }

  private var timeExports: [Export] {
    [
      export("NdisGetCurrentSystemTime") { [self] (result: VirtualAddress) in
        try memory.store(UInt64(dispatcher.systemTime), at: result)
      },
      export("NdisGetSystemUpTime") { [self] (result: VirtualAddress) in
        let milliseconds = dispatcher.interruptTime / 10_000
        try memory.store(UInt32(truncatingIfNeeded: milliseconds), at: result)
      },
      export("NdisGetSystemUpTimeEx") { [self] (result: VirtualAddress) in
        try memory.store(dispatcher.interruptTime / 10_000, at: result)
      },
      export("NdisSystemProcessorCount") { () in UInt8(1) },
      export("NdisInitUnicodeString") {
        [self]
        (target: VirtualAddress, source: VirtualAddress) -> Completion in
        let routine = try addressOfRoutine("RtlInitUnicodeString")
        return .call(GuestCall(routine, target.rawValue, source.rawValue)) { _ in .done }
      },
    ]
  }
}
