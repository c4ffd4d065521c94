public import GuestABI
internal import NTStructures

extension Dispatcher {
  /// Starts a timer.
  ///
  /// The corresponding kernel routine is `KeSetTimerEx`.
  ///
  /// - Parameters:
  ///   - timer: The timer.
  ///   - dueTime: When it expires, in units of 100 ns: negative from now, positive a time of day.
  ///   - period: The milliseconds between expirations, or 0.
  ///   - dpc: What is queued at each expiration, or NULL.
  /// - Returns: Whether the timer was running.
  /// - Throws: A ``GuestFault`` if the timer cannot be written.
  func setTimer(
    _ timer: GuestPointer<KTimer>,
    dueTime: Int64,
    period: UInt32,
    dpc: GuestPointer<KDPC>
  ) throws -> Bool {
    let wasSet = cancelTimer(timer)
    try memory[GuestPointer<DispatcherHeader>(timer.address)].store(0, in: \.signalState)
    let due = deadline(after: dueTime)
    try memory.modify(timer) { timer in
      timer.dueTime = due
      timer.dpc = dpc
      timer.period = period
    }
    insert(timer, due: due)
    try expire()
    return wasSet
  }

  private func insert(_ timer: GuestPointer<KTimer>, due: UInt64) {
    let index = timers.firstIndex { $0.due > due } ?? timers.count
    timers.insert((due, timer), at: index)
  }

  /// Stops a timer.
  ///
  /// The corresponding kernel routine is `KeCancelTimer`.
  ///
  /// - Returns: Whether the timer was running.
  func cancelTimer(_ timer: GuestPointer<KTimer>) -> Bool {
    guard let index = timers.firstIndex(where: { $0.timer == timer }) else { return false }
    timers.remove(at: index)
    return true
  }

  func expire(_ timer: GuestPointer<KTimer>, due: UInt64) throws {
    try memory[GuestPointer<DispatcherHeader>(timer.address)].store(1, in: \.signalState)
    let period = try memory[timer].period
    if period > 0 { insert(timer, due: due + UInt64(period) * 10_000) }
    let dpc = try memory[timer].dpc
    if !dpc.isNull { _ = try queue(dpc, nil) }
    try wakeWaiters()
  }

  /// Queues a DPC.
  ///
  /// The corresponding kernel routine is `KeInsertQueueDpc`.
  ///
  /// - Returns: Whether it was not queued already.
  func queue(
    _ dpc: GuestPointer<KDPC>,
    _ arguments: (VirtualAddress, VirtualAddress)?
  ) throws -> Bool {
    guard !queuedDPCs.contains(dpc) else { return false }
    if let arguments {
      try memory.modify(dpc) { dpc in
        dpc.systemArgument1 = arguments.0
        dpc.systemArgument2 = arguments.1
      }
    }
    queuedDPCs.append(dpc)
    return true
  }

  /// Whether a DPC or an APC can run now.
  public var hasDeliverableCall: Bool { hasDeliverableDPC || hasDeliverableAPC }

  /// Whether a DPC can run now, or the interrupt of a device can be served.
  public var hasDeliverableDPC: Bool {
    if !queuedDPCs.isEmpty, irql < .dispatch { return true }
    return hasPendingInterrupts && interrupts?.canDeliver(above: irql) == true
  }

  /// Takes the first DPC from the queue and raises the IRQL for it; interrupts of devices come first.
  ///
  /// - Returns: The call to make, and the IRQL before, or nil if there is nothing that can run now.
  public func takeDPC() throws -> (call: GuestCall, irql: IRQL)? {
    let old = irql
    if hasPendingInterrupts, let interrupt = try interrupts?.begin(above: old) {
      interruptions.append((isInterrupt: true, wasRunningDPC: isRunningDPC))
      try setIRQL(interrupt.level)
      return (interrupt.call, old)
    }
    guard !queuedDPCs.isEmpty, old < .dispatch else { return nil }
    let dpc = queuedDPCs.removeFirst()
    let view = memory[dpc]
    let call =
      try ownCalls[dpc]
      ?? view.deferredRoutine.call(
        dpc,
        view.deferredContext,
        view.systemArgument1,
        view.systemArgument2
      )
    interruptions.append((isInterrupt: false, wasRunningDPC: isRunningDPC))
    try setIRQL(.dispatch)
    isRunningDPC = true
    return (call, old)
  }

  /// Goes back to the IRQL at which a DPC was taken, or an interrupt.
  ///
  /// - Parameters:
  ///   - irql: The IRQL.
  ///   - result: What the routine returned.
  /// - Throws: A `GuestFault` if the lock of an interrupt cannot be written.
  public func finishDPC(_ irql: IRQL, result: UInt64 = 0) throws {
    let ended = interruptions.popLast()
    isRunningDPC = ended?.wasRunningDPC ?? false
    if ended?.isInterrupt == true { try interrupts?.finish(claimed: result & 0xFF != 0) }
    try setIRQL(irql)
  }

  /// Takes a spin lock, which must be free: the one processor would wait for itself.
  func acquireSpinLock(_ lock: VirtualAddress) throws {
    guard heldSpinLocks.insert(lock).inserted else {
      throw Unmodelled("a spin lock at \(lock) that is taken twice (the processor hangs)")
    }
    try memory.store(GuestWord(1), at: lock)
  }

  func releaseSpinLock(_ lock: VirtualAddress) throws {
    guard heldSpinLocks.remove(lock) != nil else {
      throw Unmodelled("a spin lock at \(lock) that is released but not held")
    }
    try memory.store(GuestWord(0), at: lock)
  }
}
