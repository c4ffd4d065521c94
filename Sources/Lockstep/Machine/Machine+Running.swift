public import GuestABI
internal import GuestEngine
internal import NTKernel
internal import NTStructures

extension Machine {
  /// The instructions between two clock interrupts: the guest's processor executes 100 a microsecond.
  private static var quantum: UInt64 { 1_000_000 }

  /// What a call of a kernel routine takes from the budget, in instructions.
  private static var routineCost: UInt64 { 100 }

  /// The count of instructions at which the budget is used up.
  private var remainingLimit: UInt64 {
    let spent = routineCalls * Self.routineCost
    return configuration.budget > spent ? configuration.budget - spent : 0
  }

  /// The most routines of the kernel that may wait for routines of the guest.
  private static var maximumDepth: Int { 10_000 }

  /// Makes the thread of a process the one that makes requests.
  ///
  /// - Throws: A `GuestFault` if the processor's control region cannot be written.
  func enter(_ process: Process) throws {
    try kernel.processes.enter(process)
    registers = CallFrame.Registers()
    registers.rsp = process.thread.stack.upperBound.rawValue - 0x40
  }

  /// Lets the guest run a routine on the thread that makes requests.
  ///
  /// - Throws: `EngineError` if the processor itself fails.
  public func call(_ call: GuestCall) throws -> Outcome {
    try perform { .call(call, then: { .value($0) }) }
  }

  /// Carries out a completion on the thread that makes requests.
  ///
  /// - Throws: `EngineError` if the processor itself fails.
  public func perform(_ body: () throws -> Completion) throws -> Outcome {
    let before = registers
    frames = [.request]
    let outcome = try catchingGuestEvents { () -> Outcome? in
      registers.rip = resolver.returnAddress.rawValue
      try setExceptionList(ExceptionRegistration.end)
      if let value = try carryOut(try body()) { return .returned(value) }
      return nil
    }
    if let outcome { return outcome }
    while true {
      engine.instructionLimit = min(remainingLimit, engine.instructionCount + Self.quantum)
      var running = registers
      let exit = try engine.run(&running)
      registers = running
      let outcome = try catchingGuestEvents {
        if let error = manager.failedAction { throw error }
        return try handle(exit)
      }
      if let outcome {
        if case .returned = outcome {
          registers = before
          kernel.processes.endAttachments()
        }
        return outcome
      }
    }
  }

  /// Lets the other threads run until a condition holds or nothing can happen any more.
  ///
  /// - Returns: How it ended; `returned` if the condition holds.
  public func wait(until condition: () -> Bool) throws -> Outcome {
    for _ in 0..<100_000 {
      if condition() { return .returned(0) }
      // A wait of one clock tick on this thread lets the others go on.
      let outcome = try perform { try dispatcher.waitOneTick() }
      guard case .returned = outcome else { return outcome }
      if condition() { return .returned(0) }
      guard dispatcher.canMakeProgress else { return .deadlock(at: .null) }
    }
    return .deadlock(at: .null)
  }

  private func catchingGuestEvents(_ body: () throws -> Outcome?) throws -> Outcome? {
    let place = VirtualAddress(rawValue: registers.rip)
    do {
      do {
        return try body()
      } catch {
        guard let value = try carryOut(raise(error, at: place)) else { return nil }
        return .returned(value)
      }
    } catch {
      guard let outcome = outcome(of: error, at: place) else { throw error }
      return outcome
    }
  }

  /// Turns what the guest did wrong, or needs in vain, into an outcome: the one place that does.
  ///
  /// - Parameters:
  ///   - error: What the kernel's work ended in.
  ///   - place: Where the kernel's routine is, or null outside any.
  /// - Returns: The outcome, which is told of the driver's call of the routine, or nil for an error of
  ///   the host.
  func outcome(of error: any Error, at place: VirtualAddress) -> Outcome? {
    let caller = place == .null ? .null : context.caller
    return switch error {
    case let fault as GuestFault: stop(for: fault, at: place).at(caller)
    case let raised as RaisedStatus:
      stop(for: raised.status, (0, 0), raisedAt: place, leaving: boundary).at(caller)
    case let exception as UnhandledException: outcome(of: exception)
    case let stack as UnusableStack:
      .bugCheck(BugCheck(.unexpectedKernelModeTrap, 8), at: stack.place)
    case let bugCheck as BugCheck: .bugCheck(bugCheck, at: context.caller)
    case is Deadlock: .deadlock(at: context.caller)
    case let missing as Unmodelled: .unmodelled(missing.name, at: context.caller)
    default: nil
    }
  }

  /// - Returns: How the request ended, or nil if the guest goes on.
  private func handle(_ exit: Exit) throws -> Outcome? {
    let place = VirtualAddress(rawValue: registers.rip)
    switch exit {
    case .export(let slot):
      guard let value = try handleExport(slot) else { return nil }
      return .returned(value)
    case .fault(let fault):
      guard try passOver(fault, at: place) else { return try trap(fault, at: place) }
      guard dispatcher.hasDeliverableCall else { return nil }
      return try carryOut(.value(result)).map(Outcome.returned)
    case .exception(let vector): return try trap(vector, at: place)
    case .halted:
      // The processor sleeps until the next interrupt, which is the clock's.
      haltCount += 1
      guard haltCount < 100_000, dispatcher.irql < .clock else { return .deadlock(at: place) }
      guard let value = try tick() else { return nil }
      return .returned(value)
    case .unmodelled(let name): return .unmodelled(name, at: place)
    case .budgetExhausted:
      guard engine.instructionLimit < remainingLimit else { return .budgetExhausted(at: place) }
      guard let value = try tick() else { return nil }
      return .returned(value)
    }
  }

  /// - Returns: The result of the request, or nil if the guest goes on.
  private func handleExport(_ slot: Int) throws -> UInt64? {
    switch resolver.slot(slot) {
    case nil: throw Unmodelled("a jump into the kernel's image")
    case .returned:
      return try handleReturn()
    case .routine(let index):
      let caller: VirtualAddress = try memory.load(at: VirtualAddress(rawValue: registers.rsp))
      context.caller = caller + -1
      removeLeftFrames()
      routineCalls += 1
      if kernel.processor.taskPriority > routineRules.highestIRQL[index] { reportIRQL(index) }
      if injection != nil, let failure = try injectedFailure(index) {
        try fail(index, as: failure, returningTo: caller)
        return dispatcher.hasDeliverableCall ? try carryOut(.value(result)) : nil
      }
      var frame = CallFrame(memory: memory, registers: registers)
      do {
        try routines.call(index, &frame, returningTo: caller)
      } catch let missing as Unmodelled where passOver(missing, in: index, returningTo: caller) {
        return dispatcher.hasDeliverableCall ? try carryOut(.value(result)) : nil
      }
      registers = frame.registers
      if let completion = frame.completion { return try carryOut(completion) }
      if routineRules.canReturnNull[index], result == 0 {
        lastNull = ReturnedNull(routine: index, caller: context.caller.rawValue)
      }
      if dispatcher.hasDeliverableCall { return try carryOut(.value(result)) }
      return nil
    }
  }

  /// The value in the registers that hold results.
  private var result: UInt64 {
    memory.architecture == .x64
      ? registers.rax : registers.rax & 0xFFFF_FFFF | (registers.rdx & 0xFFFF_FFFF) << 32
  }

  func setResult(_ bits: UInt64) {
    if memory.architecture == .x64 {
      registers.rax = bits
    } else {
      registers.rax = bits & 0xFFFF_FFFF
      registers.rdx = bits >> 32
    }
  }

  private func handleReturn() throws -> UInt64? {
    let value = result
    switch removeReturningFrame()?.kind {
    case .routine(let rip, let rsp, let then):
      registers.rip = rip
      registers.rsp = rsp
      return try carryOut(then(value))
    case .request:
      return value
    case .threadStart:
      return try carryOut(try kernel.processes.endCurrentThread())
    case .interrupt(let context, let registers, let irql, let exceptionList):
      engine.restore(context)
      try setExceptionList(exceptionList)
      self.registers = registers
      try dispatcher.finishDPC(irql, result: value)
      return nil
    case .idle(let irql):
      try dispatcher.finishDPC(irql, result: value)
      return try runSomethingElse()
    case nil:
      throw Unmodelled("a return that no call belongs to")
    }
  }

  /// Carries out a completion as far as it goes without the guest.
  ///
  /// - Returns: The result of the request, or nil if the guest goes on.
  private func carryOut(_ completion: Completion) throws -> UInt64? {
    switch completion {
    case .value(let bits):
      if let dpc = try dispatcher.takeDPC() {
        // Handlers of the thread that runs are not those of a DPC.
        let list = try exceptionList()
        try setExceptionList(ExceptionRegistration.end)
        var call = dpc.call
        call.role = .boundary
        return try carryOut(
          .call(call) { [self] result in
            try setExceptionList(list)
            try dispatcher.finishDPC(dpc.irql, result: result)
            return .value(bits)
          }
        )
      }
      if dispatcher.hasDeliverableAPC { return try deliverAPCs { .value(bits) } }
      // Only the innermost routine's caller gets the value in registers.
      if frames.last?.isRequest == true, registers.rip == resolver.returnAddress.rawValue {
        frames.removeLast()
        return bits
      }
      setResult(bits)
      return nil
    case .call(let call, let then):
      guard frames.count < Self.maximumDepth else { throw Unmodelled("calls nested too deeply") }
      let kind = Frame.Kind.routine(rip: registers.rip, rsp: registers.rsp, then: then)
      try enter(call, kind)
      if let pointer = call.framePointer { engine.setGeneralRegister(5, to: pointer) }
      return nil
    case .resume(let context):
      resume(context)
      return nil
    case .wait:
      try parkCurrent(isWaiting: true)
      return try runSomethingElse()
    case .exitThread:
      guard dispatcher.current.start != nil else {
        throw Unmodelled("PsTerminateSystemThread on a thread that is not a system thread")
      }
      try dispatcher.terminateCurrent()
      return try runSomethingElse()
    }
  }

  /// Lets the guest begin a routine.
  private func enter(_ call: GuestCall, _ kind: Frame.Kind) throws {
    registers = try call.registers(
      from: registers,
      in: memory,
      returningTo: resolver.returnAddress
    )
    frames.append(Frame(kind, call, registers, on: memory.architecture))
  }

  // Threads

  private func parkCurrent(isWaiting: Bool) throws {
    parked[dispatcher.current.id] = ParkedThread(
      registers: registers,
      frames: frames,
      context: engine.saveContext(),
      isWaiting: isWaiting,
      exceptionList: try exceptionList()
    )
  }

  /// Runs the next thread that is ready, or a DPC if all threads wait.
  ///
  /// - Returns: The result of the request, if that is what the next thread waited for.
  private func runSomethingElse() throws -> UInt64? {
    if !dispatcher.hasDeliverableDPC, let next = try dispatcher.schedule() {
      return try resume(next)
    }
    guard let dpc = try dispatcher.takeDPC() else { throw Deadlock() }
    try runIdle(dpc)
    return nil
  }

  /// Runs a DPC below the stack of a thread that waits.
  private func runIdle(_ dpc: (call: GuestCall, irql: IRQL)) throws {
    let thread = dispatcher.current
    dispatcher.idle()
    frames = []
    try setExceptionList(ExceptionRegistration.end)
    let top = parked[thread.id]?.registers.rsp ?? thread.stack.upperBound.rawValue - 0x40
    registers.rsp = top - 0x200
    try enter(dpc.call, .idle(dpc.irql))
  }

  /// Lets the thread that runs do what is queued to it, and then go on.
  private func deliverAPCs(then end: @escaping () throws -> Completion) throws -> UInt64? {
    // Handlers of what the APCs interrupt are not theirs.
    let list = try exceptionList()
    try setExceptionList(ExceptionRegistration.end)
    return try carryOut(
      dispatcher.deliverAPCs { [self] in
        try setExceptionList(list)
        return try end()
      }
    )
  }

  private func resume(_ thread: KernelThread) throws -> UInt64? {
    if let state = parked.removeValue(forKey: thread.id) {
      if let context = state.context { engine.restore(context) }
      registers = state.registers
      frames = state.frames
      try setExceptionList(state.exceptionList)
      guard state.isWaiting else { return nil }
      if let wait = thread.interruptedWait {
        dispatcher.endInterruption()
        return try deliverAPCs { [dispatcher] in try dispatcher.goOn(with: wait) }
      }
      return try carryOut(.value(thread.waitStatus))
    }
    guard let start = thread.start else { throw Unmodelled("a thread without a first routine") }
    frames = []
    try setExceptionList(ExceptionRegistration.end)
    registers = CallFrame.Registers()
    registers.rsp = thread.stack.upperBound.rawValue - 0x40
    try enter(start, .threadStart)
    return nil
  }

  /// A clock interrupt: time moves on, a DPC may run, and another thread may be next.
  private func tick() throws -> UInt64? {
    try dispatcher.advance(by: Dispatcher.clockTick)
    if let dpc = try dispatcher.takeDPC() {
      let list = try exceptionList()
      try setExceptionList(ExceptionRegistration.end)
      let context = engine.saveContext()
      try enter(dpc.call, .interrupt(context, registers, dpc.irql, exceptionList: list))
      return nil
    }
    guard dispatcher.hasOtherReadyThread else { return nil }
    try parkCurrent(isWaiting: false)
    return try resume(dispatcher.preempt())
  }
}

/// All threads wait for something that will not happen.
struct Deadlock: Error {}
