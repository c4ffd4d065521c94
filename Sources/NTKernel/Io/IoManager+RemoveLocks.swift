internal import GuestABI
internal import NTStructures

/// What keeps a device from being removed while requests use it.
///
/// The corresponding C type is `IO_REMOVE_LOCK`, without the block that checked drivers add.
struct RemoveLock: GuestStructure {
  let isRemoved = Field<Bool>(x86: 0x00, x64: 0x00)
  let count = Field<Int32>(x86: 0x04, x64: 0x04)
  /// The start of a `KEVENT`.
  let event = Field<VirtualAddress>(x86: 0x08, x64: 0x08)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 24 : 32 }
}

extension IoManager {
  /// The routines that drivers import to work with remove locks.
  var removeLockExports: [Export] {
    [
      export("IoInitializeRemoveLockEx") {
        [self]
        (
          lock: GuestPointer<RemoveLock>,
          tag: UInt32,
          maximumMinutes: UInt32,
          highWatermark: UInt32,
          size: UInt32
        ) in
        try checkRemoveLock(size, "IoInitializeRemoveLockEx")
        try memory.modify(lock) { lock in
          lock.isRemoved = false
          lock.count = 1
        }
        try dispatcher.initialize(
          memory[lock].address(of: \.event),
          .synchronizationEvent,
          byteCount: DispatcherHeader.size(on: memory.architecture),
          signalState: 0
        )
      },
      export("IoAcquireRemoveLockEx") {
        [self]
        (
          lock: GuestPointer<RemoveLock>,
          tag: VirtualAddress,
          file: VirtualAddress,
          line: UInt32,
          size: UInt32
        ) in
        try checkRemoveLock(size, "IoAcquireRemoveLockEx")
        let count = try memory[lock].count &+ 1
        try memory[lock].store(count, in: \.count)
        guard try memory[lock].isRemoved else { return NTStatus.success }
        try release(lock)
        return NTStatus(0xC000_0056)  // STATUS_DELETE_PENDING
      },
      export("IoReleaseRemoveLockEx") {
        [self] (lock: GuestPointer<RemoveLock>, tag: VirtualAddress, size: UInt32) in
        try checkRemoveLock(size, "IoReleaseRemoveLockEx")
        try release(lock)
      },
      export("IoReleaseRemoveLockAndWaitEx") {
        [self] (lock: GuestPointer<RemoveLock>, tag: VirtualAddress, size: UInt32) in
        try checkRemoveLock(size, "IoReleaseRemoveLockAndWaitEx")
        // The caller's own acquisition, and the one that the lock began with.
        let count = try memory[lock].count &- 2
        try memory.modify(lock) { lock in
          lock.isRemoved = true
          lock.count = count
        }
        guard count > 0 else { return Completion.done }
        return try dispatcher.wait(
          for: [memory[lock].address(of: \.event)],
          all: false,
          timeout: GuestPointer(.null)
        )
      },
    ]
  }

  private func checkRemoveLock(_ size: UInt32, _ routine: String) throws {
    guard Int(size) == RemoveLock.size(on: memory.architecture) else {
      throw Unmodelled("\(routine): a remove lock of \(size) bytes")
    }
  }

  private func release(_ lock: GuestPointer<RemoveLock>) throws {
    let count = try memory[lock].count &- 1
    try memory[lock].store(count, in: \.count)
    if count == 0 { _ = try dispatcher.setEvent(memory[lock].address(of: \.event), to: 1) }
  }
}
