public import GuestABI
internal import NTReleases
internal import NTStructures

extension Dispatcher {
  /// The routines that drivers import to change the IRQL and take spin locks.
  public var irqlExports: [Export] {
    let isX86 = memory.architecture == .x86
    var exports = [
      export("KeGetCurrentIrql") { [self] () in irql },
      export("KeInitializeSpinLock") { [self] (lock: VirtualAddress) in
        heldSpinLocks.remove(lock)
        try memory.store(GuestWord(0), at: lock)
      },
      export("KfRaiseIrql", .fastcall, to: raise(to:)),
      export("KfLowerIrql", .fastcall, to: lower(to:)),
      export("KeRaiseIrqlToDpcLevel") { [self] () in try raise(to: .dispatch) },
      export("KeRaiseIrqlToSynchLevel") { [self] () in try raise(to: .dispatch) },
      export("KfAcquireSpinLock", .fastcall, to: acquireRaising(_:)),
      export("KfReleaseSpinLock", .fastcall, to: releaseLowering(_:_:)),
      export("KeAcquireSpinLockRaiseToDpc", to: acquireRaising(_:)),
      export("KefAcquireSpinLockAtDpcLevel", .fastcall, to: acquireSpinLock(_:)),
      export("KefReleaseSpinLockFromDpcLevel", .fastcall, to: releaseSpinLock(_:)),
      export("KeAcquireSpinLockAtDpcLevel", to: acquireSpinLock(_:)),
      export("KeReleaseSpinLockFromDpcLevel", to: releaseSpinLock(_:)),
    ]
    if isX86 {
      exports += [
        export("KeRaiseIrql") { [self] (level: IRQL, old: VirtualAddress) in
          try memory.store(raise(to: level), at: old)
        },
        export("KeLowerIrql", to: lower(to:)),
        export("KeAcquireSpinLock") { [self] (lock: VirtualAddress, old: VirtualAddress) in
          try memory.store(acquireRaising(lock), at: old)
        },
      ]
    }
    exports.append(export("KeReleaseSpinLock", to: releaseLowering(_:_:)))
    return exports
  }

  private func raise(to level: IRQL) throws -> IRQL {
    let old = irql
    guard level >= old else {
      // IRQL_NOT_GREATER_OR_EQUAL: the current level, then the new one.
      throw BugCheck(.irqlNotGreaterOrEqual, UInt64(old.rawValue), UInt64(level.rawValue))
    }
    try setIRQL(level)
    return old
  }

  private func lower(to level: IRQL) throws {
    guard level <= irql else {
      throw BugCheck(.irqlNotLessOrEqual, UInt64(level.rawValue), UInt64(irql.rawValue))
    }
    try setIRQL(level)
  }

  private func acquireRaising(_ lock: VirtualAddress) throws -> IRQL {
    let old = irql
    if old < .dispatch { try setIRQL(.dispatch) }
    try acquireSpinLock(lock)
    return old
  }

  private func releaseLowering(_ lock: VirtualAddress, _ level: IRQL) throws {
    try releaseSpinLock(lock)
    try setIRQL(level)
  }

  /// Stores the importance of a DPC where the release keeps it (KD-061).
  private func setImportance(_ importance: UInt8, of dpc: GuestPointer<KDPC>) throws {
    try memory.store(importance, at: dpc.address + manager.behaviour.dpcLayout.importanceOffset)
  }

  /// The routines that drivers import to work with DPCs and timers.
  public var deferredExports: [Export] {
    [
      export("KeInitializeDpc") {
        [self]
        (dpc: GuestPointer<KDPC>, routine: VirtualAddress, context: VirtualAddress) in
        try memory.modify(dpc) { dpc in
          dpc.type = 0x13
          dpc.importance = 0
          dpc.number = 0
          dpc.deferredRoutine = GuestFunction(routine)
          dpc.deferredContext = context
          dpc.dpcData = .null
        }
        try setImportance(1, of: dpc)
      },
      export("KeInsertQueueDpc") {
        [self]
        (dpc: GuestPointer<KDPC>, first: VirtualAddress, second: VirtualAddress) in
        try queue(dpc, (first, second))
      },
      export("KeRemoveQueueDpc") { [self] (dpc: GuestPointer<KDPC>) in
        guard let index = queuedDPCs.firstIndex(of: dpc) else { return false }
        queuedDPCs.remove(at: index)
        return true
      },
      export("KeSetImportanceDpc") { [self] (dpc: GuestPointer<KDPC>, importance: UInt32) in
        try setImportance(UInt8(truncatingIfNeeded: importance), of: dpc)
      },
      export("KeFlushQueuedDpcs") { [self] () in try flush { .done } },
      export("KeInitializeTimer") { [self] (timer: GuestPointer<KTimer>) in
        try initializeTimer(timer, isSynchronization: false)
      },
      export("KeInitializeTimerEx") { [self] (timer: GuestPointer<KTimer>, type: UInt32) in
        try initializeTimer(timer, isSynchronization: type != 0)
      },
      export("KeSetTimer") {
        [self]
        (timer: GuestPointer<KTimer>, dueTime: Int64, dpc: GuestPointer<KDPC>) in
        try setTimer(timer, dueTime: dueTime, period: 0, dpc: dpc)
      },
      export("KeSetTimerEx") {
        [self]
        (timer: GuestPointer<KTimer>, dueTime: Int64, period: UInt32, dpc: GuestPointer<KDPC>) in
        try setTimer(timer, dueTime: dueTime, period: period, dpc: dpc)
      },
      export("KeCancelTimer") { [self] (timer: GuestPointer<KTimer>) in cancelTimer(timer) },
      export("KeReadStateTimer") { [self] (timer: GuestPointer<DispatcherHeader>) in
        try memory[timer].signalState != 0
      },
    ]
  }

  /// Runs the queued DPCs, one after the other, and then goes on.
  func flush(then end: @escaping () throws -> Completion) throws -> Completion {
    guard let next = try takeDPC() else { return try end() }
    return .call(next.call) { [self] result in
      try finishDPC(next.irql, result: result)
      return try flush(then: end)
    }
  }

  private func initializeTimer(_ timer: GuestPointer<KTimer>, isSynchronization: Bool) throws {
    try initialize(
      timer.address,
      isSynchronization ? .synchronizationTimer : .notificationTimer,
      byteCount: KTimer.size(on: memory.architecture),
      signalState: 0
    )
    try memory.modify(timer) { timer in
      timer.dueTime = 0
      timer.period = 0
    }
  }

  /// The routines that drivers import to read clocks, and to stop the system.
  public var clockExports: [Export] {
    [
      export("KeQuerySystemTime") { [self] (time: VirtualAddress) in
        try memory.store(systemTime, at: time)
      },
      export("KeQueryTickCount") { [self] (count: VirtualAddress) in
        try memory.store(tickCount, at: count)
      },
      export("KeQueryInterruptTime") { [self] () in interruptTime },
      export("KeQueryTimeIncrement") { () in UInt32(Self.clockTick) },
      export("KeQueryPerformanceCounter") { [self] (frequency: VirtualAddress) in
        // The counter counts units of 100 ns.
        if frequency != .null { try memory.store(UInt64(10_000_000), at: frequency) }
        try advance(by: 1)
        return interruptTime
      },
      export("KeStallExecutionProcessor") { [self] (microseconds: UInt32) in
        try advance(by: UInt64(microseconds) * 10)
      },
      export("KeBugCheck") { (code: UInt32) -> Void in throw BugCheck(.init(rawValue: code)) },
      export("KeBugCheckEx") {
        (code: UInt32, a: GuestWord, b: GuestWord, c: GuestWord, d: GuestWord) -> Void in
        throw BugCheck(.init(rawValue: code), a.rawValue, b.rawValue, c.rawValue, d.rawValue)
      },
      export("KeGetCurrentThread") { [self] () in current.body },
      export("PsGetCurrentThread") { [self] () in current.body },
      export("PsGetCurrentThreadId") { [self] () in GuestWord(current.id) },
      export("KeQueryActiveProcessors") { () in GuestWord(1) },
      export("KeSetPriorityThread") { [self] (thread: VirtualAddress, priority: Int32) in
        // Every thread runs when it is its turn; a new one has priority 8.
        let old = priorities[thread] ?? 8
        priorities[thread] = priority
        return old
      },
    ]
  }
}
