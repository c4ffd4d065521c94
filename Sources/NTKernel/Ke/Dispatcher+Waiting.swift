public import GuestABI
internal import NTStructures

extension Dispatcher {
  /// Waits for one object or several.
  ///
  /// The corresponding kernel routines are `KeWaitForSingleObject` and `KeWaitForMultipleObjects`.
  ///
  /// - Parameters:
  ///   - objects: The objects, 1 to 64.
  ///   - all: Whether all must be signalled at once.
  ///   - timeout: Where the timeout is, in units of 100 ns: negative from now, positive a time of day;
  ///     NULL for ever.
  ///   - alertable: The mode of a wait that alerts may end, or nil for one that they do not.
  /// - Returns: What the wait comes to, or that the thread waits.
  /// - Throws: ``Unmodelled`` if the thread cannot wait at its IRQL.
  func wait(
    for objects: [VirtualAddress],
    all: Bool,
    timeout: GuestPointer<Int64>,
    alertable: ProcessorMode? = nil
  ) throws -> Completion {
    let interval = timeout.isNull ? nil : try memory.load(Int64.self, at: timeout.address)
    if let status = try satisfy(objects, all: all, for: current) { return .value(status) }
    if let alertable, let status = try pendingAlert(alertable) { return .returned(status) }
    if interval == 0 { return .returned(NTStatus.timeout) }
    guard irql < .dispatch else { throw Unmodelled("waiting at IRQL \(irql.rawValue)") }
    current.waitObjects = objects
    current.waitsForAll = all
    current.deadline = interval.map(deadline(after:))
    current.alertableWait = alertable
    try block()
    return .wait
  }

  /// Waits for a time.
  ///
  /// The corresponding kernel routine is `KeDelayExecutionThread`.
  func delay(_ interval: Int64, alertable: ProcessorMode? = nil) throws -> Completion {
    guard irql < .dispatch else {
      throw Unmodelled("KeDelayExecutionThread at IRQL \(irql.rawValue)")
    }
    if let alertable, let status = try pendingAlert(alertable) { return .returned(status) }
    current.waitObjects = []
    current.deadline = deadline(after: interval)
    current.alertableWait = alertable
    try block()
    return .wait
  }

  /// Waits for one clock tick, so that other threads can run.
  public func waitOneTick() throws -> Completion { try delay(-Int64(Self.clockTick)) }

  /// Returns the interrupt time that a relative or absolute time in units of 100 ns means.
  func deadline(after interval: Int64) -> UInt64 {
    if interval <= 0 { return interruptTime + interval.magnitude }
    return UInt64(interval) > systemTime
      ? interruptTime + (UInt64(interval) - systemTime) : interruptTime
  }

  /// Ends the waits whose objects are signalled, oldest thread first.
  func wakeWaiters() throws {
    for thread in threads where thread.state == .waiting && !thread.waitObjects.isEmpty {
      if let status = try satisfy(thread.waitObjects, all: thread.waitsForAll, for: thread) {
        wake(thread, status)
      }
    }
  }

  private func wake(_ thread: KernelThread, _ status: UInt64) {
    thread.waitObjects = []
    wake(thread, returning: status)
  }

  /// Expires timers, and the waits whose time is up.
  func expire() throws {
    while let first = timers.first, first.due <= interruptTime {
      timers.removeFirst()
      try expire(first.timer, due: first.due)
    }
    for thread in threads where thread.state == .waiting {
      guard let deadline = thread.deadline, deadline <= interruptTime else { continue }
      // A delay succeeds, a wait for objects times out.
      let status: NTStatus = thread.waitObjects.isEmpty ? .success : .timeout
      wake(thread, (thread.timeoutStatus ?? status).guestBits)
    }
  }

  /// Takes what a wait waits for, if it is there.
  ///
  /// - Returns: The wait's status, or nil if the wait goes on.
  func satisfy(
    _ objects: [VirtualAddress],
    all: Bool,
    for thread: KernelThread
  ) throws -> UInt64? {
    if all {
      for object in objects where try !isSignalled(object, for: thread) { return nil }
      for object in objects { try take(object, for: thread) }
      return NTStatus.success.guestBits
    }
    for (index, object) in objects.enumerated() where try isSignalled(object, for: thread) {
      try take(object, for: thread)
      return UInt64(index)
    }
    return nil
  }

  private func isSignalled(_ object: VirtualAddress, for thread: KernelThread) throws -> Bool {
    let header = memory[GuestPointer<DispatcherHeader>(object)]
    if try header.signalState > 0 { return true }
    guard try header.type & 0x7F == DispatcherObjectType.mutant.rawValue else { return false }
    return try memory[GuestPointer<KMutant>(object)].ownerThread == thread.body
  }

  private func take(_ object: VirtualAddress, for thread: KernelThread) throws {
    let pointer = GuestPointer<DispatcherHeader>(object)
    let type = try DispatcherObjectType(rawValue: memory[pointer].type & 0x7F)
    switch type {
    case .synchronizationEvent, .synchronizationTimer:
      try memory[pointer].store(0, in: \.signalState)
    case .queue:
      throw Unmodelled("waiting for a queue otherwise than with KeRemoveQueue")
    case .semaphore:
      try memory[pointer].store(memory[pointer].signalState - 1, in: \.signalState)
    case .mutant:
      try memory[pointer].store(memory[pointer].signalState - 1, in: \.signalState)
      try memory[GuestPointer<KMutant>(object)].store(thread.body, in: \.ownerThread)
    case .notificationEvent, .notificationTimer, .process, .thread:
      break
    case nil:
      throw Unmodelled("waiting for an object of type \(try memory[pointer].type)")
    }
  }

  /// Sets up what every dispatcher object begins with.
  func initialize(
    _ object: VirtualAddress,
    _ type: DispatcherObjectType,
    byteCount: Int,
    signalState: Int32
  ) throws {
    let pointer = GuestPointer<DispatcherHeader>(object)
    let links = memory[pointer].address(of: \.waitListHead)
    try memory.modify(pointer) { header in
      header.type = type.rawValue
      header.size = UInt8(byteCount / 4)
      header.signalState = signalState
      header.waitListHead = links
    }
    try memory.store(links, at: links + memory.architecture.pointerSize)
  }

  /// Changes the state of an event, and wakes who waits for it.
  ///
  /// The corresponding kernel routines are `KeSetEvent` and `KeResetEvent`.
  ///
  /// - Returns: The state before.
  public func setEvent(_ event: VirtualAddress, to state: Int32) throws -> Int32 {
    let header = memory[GuestPointer<DispatcherHeader>(event)]
    let old = try header.signalState
    try header.store(state, in: \.signalState)
    if state != 0 { try wakeWaiters() }
    return old
  }

  /// Releases a semaphore.
  ///
  /// The corresponding kernel routine is `KeReleaseSemaphore`.
  func releaseSemaphore(_ semaphore: GuestPointer<KSemaphore>, by adjustment: Int32) throws -> Int32
  {
    let header = memory[GuestPointer<DispatcherHeader>(semaphore.address)]
    let old = try header.signalState
    let limit = try memory[semaphore].limit
    let (new, overflow) = old.addingReportingOverflow(adjustment)
    guard !overflow, new <= limit, new >= old else { throw RaisedStatus(.semaphoreLimitExceeded) }
    try header.store(new, in: \.signalState)
    try wakeWaiters()
    return old
  }

  /// Releases a mutex.
  ///
  /// The corresponding kernel routine is `KeReleaseMutex`.
  func releaseMutex(_ mutex: GuestPointer<KMutant>) throws -> Int32 {
    guard try memory[mutex].ownerThread == current.body else {
      throw RaisedStatus(.mutantNotOwned)
    }
    let header = memory[GuestPointer<DispatcherHeader>(mutex.address)]
    let old = try header.signalState
    try header.store(old + 1, in: \.signalState)
    if old + 1 == 1 {
      try memory[mutex].store(.null, in: \.ownerThread)
      try wakeWaiters()
    }
    return old
  }
}
