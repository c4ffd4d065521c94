internal import GuestABI
internal import NTStructures

/// Fast mutexes, for which threads may wait.
///
/// A mutex that is released goes to the thread that has waited longest, as the event in a
/// `FAST_MUTEX` decides it. The host keeps who waits; ``FastMutex/count`` stays 0 meanwhile, since
/// how it counts waiters is not documented.
final class FastMutexes {
  private struct Waiter {
    let thread: KernelThread
    let irql: IRQL
    /// Whether the waiter's routine raises the IRQL.
    let raises: Bool
  }

  private let memory: AddressSpace
  private let dispatcher: Dispatcher
  private var waiters: [GuestPointer<FastMutex>: [Waiter]] = [:]

  /// Creates a table in which nobody waits.
  init(_ dispatcher: Dispatcher) {
    memory = dispatcher.memory
    self.dispatcher = dispatcher
  }

  /// The routines that drivers import.
  ///
  /// The unsafe forms leave the IRQL alone: their callers have disabled APCs already.
  var exports: [Export] {
    // The HAL's names lead to those with an i since Server 2003 SP1.
    plainExports("Ex") + plainExports("Exi") + [
      export("ExAcquireFastMutexUnsafe", .fastcall) { [self] (mutex: GuestPointer<FastMutex>) in
        try acquire(mutex, raises: false)
      },
      export("ExReleaseFastMutexUnsafe", .fastcall, to: release(_:)),
    ]
  }

  private func plainExports(_ prefix: String) -> [Export] {
    [
      export(prefix + "AcquireFastMutex", .fastcall) { [self] (mutex: GuestPointer<FastMutex>) in
        try acquire(mutex, raises: true)
      },
      export(prefix + "TryToAcquireFastMutex", .fastcall) {
        [self] (mutex: GuestPointer<FastMutex>) in
        guard try tryToAcquire(mutex, raises: true) else { return false }
        if dispatcher.irql < .apc { try dispatcher.setIRQL(.apc) }
        return true
      },
      export(prefix + "ReleaseFastMutex", .fastcall) { [self] (mutex: GuestPointer<FastMutex>) in
        let old = try memory[mutex].oldIRQL
        try release(mutex)
        try dispatcher.setIRQL(IRQL(rawValue: UInt8(truncatingIfNeeded: old)))
      },
    ]
  }

  /// Takes a mutex if nobody owns it.
  func tryToAcquire(_ mutex: GuestPointer<FastMutex>, raises: Bool = false) throws -> Bool {
    guard try memory[mutex].count == 1 else { return false }
    try give(mutex, to: dispatcher.current, at: dispatcher.irql, raises: raises)
    return true
  }

  /// Takes a mutex, or waits for it; the IRQL is raised if that is asked for.
  ///
  /// The corresponding kernel routine is `ExAcquireFastMutex`.
  func acquire(_ mutex: GuestPointer<FastMutex>, raises: Bool) throws -> Completion {
    let thread = dispatcher.current
    let irql = dispatcher.irql
    if try memory[mutex].count == 1 {
      try give(mutex, to: thread, at: irql, raises: raises)
      if raises, irql < .apc { try dispatcher.setIRQL(.apc) }
      return .done
    }
    let contention = try memory[mutex].contention
    try memory[mutex].store(contention &+ 1, in: \.contention)
    let completion = try dispatcher.waitUntilWoken("ExAcquireFastMutex")
    waiters[mutex, default: []].append(Waiter(thread: thread, irql: irql, raises: raises))
    return completion
  }

  private func give(
    _ mutex: GuestPointer<FastMutex>,
    to thread: KernelThread,
    at irql: IRQL,
    raises: Bool
  ) throws {
    try memory.modify(mutex) { mutex in
      mutex.count = 0
      mutex.owner = thread.body
      if raises { mutex.oldIRQL = UInt32(irql.rawValue) }
    }
  }

  /// Gives a mutex back, or hands it to who has waited longest.
  func release(_ mutex: GuestPointer<FastMutex>) throws {
    guard var queue = waiters[mutex], !queue.isEmpty else {
      try memory.modify(mutex) { mutex in
        mutex.count = 1
        mutex.owner = .null
      }
      return
    }
    let next = queue.removeFirst()
    waiters[mutex] = queue.isEmpty ? nil : queue
    try give(mutex, to: next.thread, at: next.irql, raises: next.raises)
    if next.raises { next.thread.irql = max(next.irql, .apc) }
    dispatcher.wake(next.thread, returning: GuestWord(0))
  }
}
