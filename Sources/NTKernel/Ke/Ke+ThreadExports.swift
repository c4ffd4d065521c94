internal import GuestABI
internal import NTReleases
internal import NTStructures

extension Dispatcher {
  /// The mode from which the current thread entered the kernel.
  ///
  /// A thread that makes requests comes from a program; system threads, and the one that initializes
  /// drivers, have never been in one.
  var previousMode: ProcessorMode { current.ownSpace === manager.systemSpace ? .kernel : .user }

  /// The routines that drivers import to yield, and to give threads priorities.
  var threadExports: [Export] {
    ["ZwYieldExecution"].map { name in
      export(name, to: yieldExecution)
    }
      + ["KeGetPreviousMode", "PsGetCurrentThreadPreviousMode"].map { name in
        export(name) { [self] () in previousMode.rawValue }
      } + [
        export("KeQueryPriorityThread") { [self] (thread: VirtualAddress) in
          try priority(of: thread, "KeQueryPriorityThread")
        },
        export("KeSetBasePriorityThread") { [self] (thread: VirtualAddress, increment: Int32) in
          let routine = "KeSetBasePriorityThread"
          _ = try priority(of: thread, routine)
          // Beyond ±15 the priority saturates, and THREAD_BASE_PRIORITY_LOWRT and _IDLE are ±15.
          guard (-7...7).contains(increment) else {
            throw Unmodelled("\(routine) with an increment of \(increment)")
          }
          let old = basePriorities[thread] ?? 0
          basePriorities[thread] = increment
          priorities[thread] = 8 + increment
          return old
        },
        export("KeIsExecutingDpc") { [self] () in UInt32(isRunningDPC ? 1 : 0) },
        export("KeShouldYieldProcessor") { () in UInt32(0) },
        export("KeQueryUnbiasedInterruptTimePrecise") { [self] (counter: VirtualAddress) in
          try memory.store(interruptTime, at: counter)
          return interruptTime
        },
        export("KeSetTargetProcessorDpc") { (dpc: VirtualAddress, number: UInt8) in
          guard number == 0 else {
            throw Unmodelled("KeSetTargetProcessorDpc: processor \(number), which there is not")
          }
        },
        export("KeSetTargetProcessorDpcEx") {
          [self] (dpc: VirtualAddress, number: VirtualAddress) in
          // PROCESSOR_NUMBER: the group and the number in it; the reserved byte must be 0.
          try memory.load(UInt32.self, at: number) == 0 ? NTStatus.success : .invalidParameter
        },
        export("KeSetCoalescableTimer") {
          [self]
          (
            timer: GuestPointer<KTimer>,
            dueTime: Int64,
            period: UInt32,
            tolerance: UInt32,
            dpc: GuestPointer<KDPC>
          ) in
          // The timer may expire as much later as it tolerates; here it is never late.
          try setTimer(timer, dueTime: dueTime, period: period, dpc: dpc)
        },
      ]
  }

  private func priority(of thread: VirtualAddress, _ routine: String) throws -> Int32 {
    guard threads.contains(where: { $0.body == thread }) else {
      throw Unmodelled("\(routine): \(thread) is no thread that runs")
    }
    return priorities[thread] ?? 8
  }

  /// Lets another thread run, if one is ready.
  ///
  /// The corresponding kernel routine is `ZwYieldExecution`.
  private func yieldExecution() throws -> Completion {
    guard irql < .dispatch else { throw Unmodelled("ZwYieldExecution at IRQL \(irql.rawValue)") }
    guard hasOtherReadyThread else {
      // STATUS_NO_YIELD_PERFORMED.
      let status = NTStatus(0x4000_0024)
      return .returned(manager.behaviour.yieldTellsWhetherItYielded ? status : .success)
    }
    current.waitStatus = NTStatus.success.guestBits
    current.state = .ready
    return .wait
  }
}
