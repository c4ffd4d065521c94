internal import GuestABI

/// Spin locks that several processors may hold to read: `EX_SPIN_LOCK`.
///
/// The lock is a 32-bit number: how many hold it shared, or bit 31 while it is held exclusively, as
/// the bits are known from debuggers; drivers see only that 0 is free. The one processor can wait for
/// nobody, so a lock that is not to be had hangs it.
final class SharedSpinLocks {
  private let memory: AddressSpace
  private let dispatcher: Dispatcher

  private static let exclusive: UInt32 = 0x8000_0000

  /// Creates the routines of a kernel.
  init(_ dispatcher: Dispatcher) {
    memory = dispatcher.memory
    self.dispatcher = dispatcher
  }

  /// The routines that drivers import.
  var exports: [Export] {
    [
      export("ExAcquireSpinLockShared") { [self] (lock: VirtualAddress) in
        try raising { try acquireShared(lock) }
      },
      export("ExAcquireSpinLockExclusive") { [self] (lock: VirtualAddress) in
        try raising { try acquireExclusive(lock) }
      },
      export("ExAcquireSpinLockSharedAtDpcLevel", to: acquireShared(_:)),
      export("ExAcquireSpinLockExclusiveAtDpcLevel", to: acquireExclusive(_:)),
      export("ExTryAcquireSpinLockSharedAtDpcLevel") { [self] (lock: VirtualAddress) in
        guard try value(lock) & Self.exclusive == 0 else { return false }
        try acquireShared(lock)
        return true
      },
      export("ExTryAcquireSpinLockExclusiveAtDpcLevel") { [self] (lock: VirtualAddress) in
        guard try value(lock) == 0 else { return false }
        try acquireExclusive(lock)
        return true
      },
      export("ExReleaseSpinLockShared") { [self] (lock: VirtualAddress, level: IRQL) in
        try releaseShared(lock)
        try dispatcher.setIRQL(level)
      },
      export("ExReleaseSpinLockExclusive") { [self] (lock: VirtualAddress, level: IRQL) in
        try releaseExclusive(lock)
        try dispatcher.setIRQL(level)
      },
      export("ExReleaseSpinLockSharedFromDpcLevel", to: releaseShared(_:)),
      export("ExReleaseSpinLockExclusiveFromDpcLevel", to: releaseExclusive(_:)),
      export("ExTryConvertSharedSpinLockExclusive") { [self] (lock: VirtualAddress) in
        let held = try value(lock)
        guard held != 0, held & Self.exclusive == 0 else {
          throw Unmodelled("ExTryConvertSharedSpinLockExclusive of a lock that is not held shared")
        }
        guard held == 1 else { return UInt32(0) }
        try memory.store(Self.exclusive, at: lock)
        return UInt32(1)
      },
    ]
  }

  private func value(_ lock: VirtualAddress) throws -> UInt32 {
    try memory.load(UInt32.self, at: lock)
  }

  private func raising(_ body: () throws -> Void) throws -> IRQL {
    let old = dispatcher.irql
    if old < .dispatch { try dispatcher.setIRQL(.dispatch) }
    try body()
    return old
  }

  private func acquireShared(_ lock: VirtualAddress) throws {
    let held = try value(lock)
    guard held & Self.exclusive == 0, held < Self.exclusive - 1 else {
      throw Unmodelled("a spin lock at \(lock) that is taken twice (the processor hangs)")
    }
    try memory.store(held + 1, at: lock)
  }

  private func acquireExclusive(_ lock: VirtualAddress) throws {
    guard try value(lock) == 0 else {
      throw Unmodelled("a spin lock at \(lock) that is taken twice (the processor hangs)")
    }
    try memory.store(Self.exclusive, at: lock)
  }

  private func releaseShared(_ lock: VirtualAddress) throws {
    let held = try value(lock)
    guard held != 0, held & Self.exclusive == 0 else {
      throw Unmodelled("a spin lock at \(lock) that is released but not held shared")
    }
    try memory.store(held - 1, at: lock)
  }

  private func releaseExclusive(_ lock: VirtualAddress) throws {
    guard try value(lock) == Self.exclusive else {
      throw Unmodelled("a spin lock at \(lock) that is released but not held exclusively")
    }
    try memory.store(UInt32(0), at: lock)
  }
}
