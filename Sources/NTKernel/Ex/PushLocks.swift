internal import GuestABI
internal import NTStructures

/// Push locks: locks as wide as a pointer that one thread holds alone, or several share.
///
/// The lock's word is 0 if it is free, 1 if a thread has it alone, and otherwise 1 and 16 for each
/// thread that shares it, as the debugger's `dt nt!_EX_PUSH_LOCK` names the bits. While threads wait,
/// NT keeps a list of them there; here the host keeps it, in the order of coming, and the word has the
/// bit that says so.
final class PushLocks {
  private struct Waiter {
    let thread: KernelThread
    let isExclusive: Bool
  }

  private static let locked: UInt64 = 1
  private static let waiting: UInt64 = 2
  private static let share: UInt64 = 16

  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  private var waiters: [VirtualAddress: [Waiter]] = [:]

  /// Creates a table in which nobody waits.
  init(_ dispatcher: Dispatcher) {
    memory = dispatcher.memory
    self.dispatcher = dispatcher
  }

  /// The routines that drivers import.
  var exports: [Export] { fastExports + flagExports }

  private var fastExports: [Export] {
    [
      export("ExInitializePushLock") { [self] (lock: VirtualAddress) in try set(lock, 0) },
      export("ExfAcquirePushLockExclusive", .fastcall) { [self] (lock: VirtualAddress) in
        try acquire(lock, isExclusive: true)
      },
      export("ExfAcquirePushLockShared", .fastcall) { [self] (lock: VirtualAddress) in
        try acquire(lock, isExclusive: false)
      },
      export("ExfTryAcquirePushLockShared", .fastcall) { [self] (lock: VirtualAddress) in
        try take(lock, isExclusive: false)
      },
      export("ExfReleasePushLock", .fastcall) { [self] (lock: VirtualAddress) in
        try release(lock, isExclusive: nil, "ExfReleasePushLock")
      },
      export("ExfReleasePushLockExclusive", .fastcall) { [self] (lock: VirtualAddress) in
        try release(lock, isExclusive: true, "ExfReleasePushLockExclusive")
      },
      export("ExfReleasePushLockShared", .fastcall) { [self] (lock: VirtualAddress) in
        try release(lock, isExclusive: false, "ExfReleasePushLockShared")
      },
      // Whoever releases wakes here, so that nobody is left to wake.
      export("ExfTryToWakePushLock", .fastcall) { (lock: VirtualAddress) in },
    ]
  }

  /// The routines that also take flags, which only change what is checked.
  private var flagExports: [Export] {
    [
      export("ExAcquirePushLockExclusiveEx") { [self] (lock: VirtualAddress, flags: UInt32) in
        try acquire(lock, isExclusive: true)
      },
      export("ExAcquirePushLockSharedEx") { [self] (lock: VirtualAddress, flags: UInt32) in
        try acquire(lock, isExclusive: false)
      },
      export("ExTryAcquirePushLockExclusiveEx") { [self] (lock: VirtualAddress, flags: UInt32) in
        try take(lock, isExclusive: true)
      },
      export("ExTryAcquirePushLockSharedEx") { [self] (lock: VirtualAddress, flags: UInt32) in
        try take(lock, isExclusive: false)
      },
      export("ExReleasePushLockEx") { [self] (lock: VirtualAddress, flags: UInt32) in
        try release(lock, isExclusive: nil, "ExReleasePushLockEx")
      },
      export("ExReleasePushLockExclusiveEx") { [self] (lock: VirtualAddress, flags: UInt32) in
        try release(lock, isExclusive: true, "ExReleasePushLockExclusiveEx")
      },
      export("ExReleasePushLockSharedEx") { [self] (lock: VirtualAddress, flags: UInt32) in
        try release(lock, isExclusive: false, "ExReleasePushLockSharedEx")
      },
    ]
  }

  private func value(_ lock: VirtualAddress) throws -> UInt64 {
    try memory.load(GuestWord.self, at: lock).rawValue
  }

  private func set(_ lock: VirtualAddress, _ value: UInt64) throws {
    try memory.store(GuestWord(value), at: lock)
  }

  /// Takes a lock that nobody waits for, if it is to be had.
  func take(_ lock: VirtualAddress, isExclusive: Bool) throws -> Bool {
    let old = try value(lock)
    guard waiters[lock] == nil else { return false }
    if isExclusive {
      guard old == 0 else { return false }
      try set(lock, Self.locked)
    } else {
      guard old == 0 || old >= Self.share else { return false }
      try set(lock, (old | Self.locked) &+ Self.share)
    }
    return true
  }

  /// Takes a lock, or waits for it.
  ///
  /// The corresponding kernel routines are `ExfAcquirePushLockExclusive` and
  /// `ExfAcquirePushLockShared`.
  func acquire(_ lock: VirtualAddress, isExclusive: Bool) throws -> Completion {
    if try take(lock, isExclusive: isExclusive) { return .done }
    let completion = try dispatcher.waitUntilWoken("ExfAcquirePushLock")
    waiters[lock, default: []].append(
      Waiter(thread: dispatcher.current, isExclusive: isExclusive)
    )
    try set(lock, value(lock) | Self.waiting)
    return completion
  }

  /// Gives a lock back, whether it was shared if that is known, and hands it to who waited longest.
  ///
  /// The corresponding kernel routine is `ExfReleasePushLock`.
  func release(_ lock: VirtualAddress, isExclusive: Bool?, _ routine: String) throws {
    let held = try value(lock) & ~Self.waiting
    let isShared = held >= Self.share
    guard held & Self.locked != 0, isExclusive.map({ $0 != isShared }) ?? true else {
      throw Unmodelled("\(routine): a lock at \(lock) that is not held so")
    }
    let left = isShared ? held - Self.share : 0
    guard left < Self.share else {
      return try set(lock, left | (waiters[lock] == nil ? 0 : Self.waiting))
    }
    try set(lock, 0)
    guard var queue = waiters.removeValue(forKey: lock) else { return }
    let first = queue.removeFirst()
    var woken = [first]
    if first.isExclusive {
      try set(lock, Self.locked)
    } else {
      while queue.first?.isExclusive == false { woken.append(queue.removeFirst()) }
      try set(lock, Self.locked + Self.share * UInt64(woken.count))
    }
    if !queue.isEmpty {
      waiters[lock] = queue
      try set(lock, value(lock) | Self.waiting)
    }
    for waiter in woken { dispatcher.wake(waiter.thread, returning: GuestWord(0)) }
  }
}
