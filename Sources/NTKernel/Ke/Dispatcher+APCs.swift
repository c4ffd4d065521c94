public import GuestABI
internal import NTStructures

/// Asynchronous procedure calls: routines that threads are to run.
///
/// A kernel APC is delivered when its thread runs below `APC_LEVEL`, outside of guarded regions, and
/// for one with a normal routine outside of critical regions and of other such routines (Microsoft Docs,
/// "Types of APCs"). It interrupts waits for objects, which then go on; a wait for what the host keeps,
/// as a resource, ends first. An APC for user mode is delivered when a thread waits alertably in user
/// mode, which the programs of this machine never do by themselves.
extension Dispatcher {
  /// The routines that drivers import to work with APCs and alerts.
  var apcExports: [Export] {
    [
      export("KeInitializeApc", to: initializeAPC),
      export("KeInsertQueueApc") {
        [self]
        (
          apc: GuestPointer<KAPC>,
          first: VirtualAddress,
          second: VirtualAddress,
          increment: Int32
        ) in
        try insert(apc, (first, second))
      },
      export("KeTestAlertThread") { [self] (mode: ProcessorMode) in
        current.alerts.remove(mode) != nil
      },
      export("KeAlertThread") { [self] (body: VirtualAddress, mode: ProcessorMode) in
        let thread = try knownThread(body, "KeAlertThread")
        let old = thread.alerts.contains(mode)
        if !old {
          // A wait in user mode is also ended by an alert of the kernel's.
          if thread.state == .waiting, let wait = thread.alertableWait,
            mode == wait || mode == .kernel
          {
            thread.waitObjects = []
            wake(thread, returning: NTStatus.alerted)
          } else {
            thread.alerts.insert(mode)
          }
        }
        return old
      },
    ]
  }

  /// Returns what ends an alertable wait before it begins, if anything does.
  ///
  /// - Throws: ``Unmodelled`` if it is an APC for user mode, which is then delivered.
  func pendingAlert(_ mode: ProcessorMode) throws -> NTStatus? {
    if current.alerts.remove(mode) != nil { return .alerted }
    if mode == .user, !current.userAPCs.isEmpty {
      throw Unmodelled("an APC that is delivered in user mode")
    }
    return current.alerts.remove(.kernel) == nil ? nil : .alerted
  }

  /// Returns the thread whose object is at an address.
  ///
  /// - Throws: ``Unmodelled`` if it is none that runs.
  func knownThread(_ body: VirtualAddress, _ routine: String) throws -> KernelThread {
    guard let thread = threads.first(where: { $0.body == body }) else {
      throw Unmodelled("\(routine): \(body) is no thread that runs")
    }
    return thread
  }

  /// Sets an APC up.
  ///
  /// The corresponding kernel routine is `KeInitializeApc`. One without a normal routine is for the
  /// kernel, whatever mode is given.
  private func initializeAPC(
    _ apc: GuestPointer<KAPC>,
    _ thread: VirtualAddress,
    _ environment: UInt32,
    _ kernelRoutine: VirtualAddress,
    _ rundownRoutine: VirtualAddress,
    _ normalRoutine: VirtualAddress,
    _ mode: ProcessorMode,
    _ context: VirtualAddress
  ) throws {
    let isSpecial = normalRoutine == .null
    try memory.modify(apc) { apc in
      apc.type = 0x12
      apc.size = UInt8(KAPC.size(on: memory.architecture))
      apc.thread = thread
      apc.kernelRoutine = kernelRoutine
      apc.rundownRoutine = rundownRoutine
      apc.normalRoutine = normalRoutine
      apc.normalContext = isSpecial ? .null : context
      apc.stateIndex = environment == 2 ? 0 : UInt8(truncatingIfNeeded: environment)
      apc.mode = isSpecial ? 0 : mode.rawValue
      apc.isInserted = false
    }
  }

  /// Queues an APC to its thread.
  ///
  /// The corresponding kernel routine is `KeInsertQueueApc`.
  ///
  /// - Returns: Whether it was not queued already, and its thread runs.
  /// - Throws: ``Unmodelled`` if too many are queued.
  private func insert(
    _ apc: GuestPointer<KAPC>,
    _ arguments: (VirtualAddress, VirtualAddress)
  ) throws -> Bool {
    let body = try memory[apc].thread
    guard let thread = threads.first(where: { $0.body == body }) else { return false }
    guard try !memory[apc].isInserted else { return false }
    guard thread.kernelAPCs.count + thread.userAPCs.count < 10_000 else {
      throw Unmodelled("KeInsertQueueApc: more than 10,000 APCs of one thread")
    }
    let isUser = try memory[apc].mode != 0
    let isSpecial = try memory[apc].normalRoutine == .null
    try memory.modify(apc) { apc in
      apc.systemArgument1 = arguments.0
      apc.systemArgument2 = arguments.1
      apc.isInserted = true
    }
    if isUser {
      thread.userAPCs.append(apc)
      if thread.state == .waiting, thread.alertableWait == .user {
        throw Unmodelled("an APC that is delivered in user mode")
      }
      return true
    }
    // Special ones come before those with a normal routine.
    let index = isSpecial ? thread.specialAPCCount : thread.kernelAPCs.count
    thread.kernelAPCs.insert(apc, at: index)
    if isSpecial { thread.specialAPCCount += 1 }
    interruptWait(of: thread)
    return true
  }

  /// Lets a thread that waits for objects or a time run its APCs; the wait goes on afterwards.
  private func interruptWait(of thread: KernelThread) {
    let waitsForObjects = !thread.waitObjects.isEmpty
    let delays = thread.deadline != nil && thread.queueTicket == nil && thread.timeoutStatus == nil
    guard thread.state == .waiting, waitsForObjects || delays,
      mayDeliver(to: thread, at: thread.irql)
    else { return }
    thread.interruptedWait = KernelThread.Wait(
      objects: thread.waitObjects,
      isForAll: thread.waitsForAll,
      deadline: thread.deadline
    )
    thread.waitObjects = []
    wake(thread, returning: NTStatus.success)
  }

  private func mayDeliver(to thread: KernelThread, at level: IRQL) -> Bool {
    guard !thread.kernelAPCs.isEmpty, level < .apc, thread.regions.guarded == 0 else {
      return false
    }
    if thread.specialAPCCount > 0 { return true }
    return thread.regions.critical == 0 && !thread.isRunningNormalAPC
  }

  /// Whether the current thread is to run an APC now.
  public var hasDeliverableAPC: Bool {
    !current.kernelAPCs.isEmpty && !isRunningDPC && mayDeliver(to: current, at: irql)
  }

  /// Lets the current thread run its APCs, and then go on.
  ///
  /// Each one's kernel routine runs at `APC_LEVEL`, and may change what its normal routine gets, which
  /// then runs at `PASSIVE_LEVEL`.
  ///
  /// - Parameter end: What the thread does then.
  /// - Returns: What is to be done first.
  /// - Throws: A `GuestFault` if an APC that is queued can no longer be read.
  public func deliverAPCs(then end: @escaping () throws -> Completion) throws -> Completion {
    guard hasDeliverableAPC else { return try end() }
    let thread = current
    let apc = thread.kernelAPCs.removeFirst()
    if thread.specialAPCCount > 0 { thread.specialAPCCount -= 1 }
    let width = memory.architecture.pointerSize
    guard let cells = try manager.allocatePool(4 * width, .nonpaged, tag: 0x6370_4120) else {
      throw Unmodelled("running out of memory for APCs")
    }
    let view = memory[apc]
    let values = try [
      view.normalRoutine, view.normalContext, view.systemArgument1, view.systemArgument2,
    ]
    for (index, value) in values.enumerated() { try memory.store(value, at: cells + index * width) }
    try view.store(false, in: \.isInserted)
    let places = (0..<4).map { (cells + $0 * width).rawValue }
    var call = GuestCall(
      try view.kernelRoutine,
      apc.address.rawValue,
      places[0],
      places[1],
      places[2],
      places[3]
    )
    call.role = .boundary
    try setIRQL(.apc)
    return .call(call) { [self] _ in
      try setIRQL(.passive)
      let routine = try memory.load(VirtualAddress.self, at: cells)
      let arguments = try (1..<4).map {
        try memory.load(GuestWord.self, at: cells + $0 * width).rawValue
      }
      try manager.freePool(cells)
      guard routine != .null else { return try deliverAPCs(then: end) }
      thread.isRunningNormalAPC = true
      var normal = GuestCall(routine, arguments[0], arguments[1], arguments[2])
      normal.role = .boundary
      return .call(normal) { [self] _ in
        thread.isRunningNormalAPC = false
        return try deliverAPCs(then: end)
      }
    }
  }

  /// Notes that the current thread's wait is no longer interrupted.
  public func endInterruption() { current.interruptedWait = nil }

  /// Goes on with a wait that APCs have interrupted.
  ///
  /// - Returns: What the wait comes to, or that the thread waits.
  /// - Throws: A `GuestFault` if an object can no longer be read.
  public func goOn(with wait: KernelThread.Wait) throws -> Completion {
    if !wait.objects.isEmpty,
      let status = try satisfy(wait.objects, all: wait.isForAll, for: current)
    {
      return .value(status)
    }
    if let deadline = wait.deadline, deadline <= interruptTime {
      return .returned(wait.objects.isEmpty ? NTStatus.success : .timeout)
    }
    current.waitObjects = wait.objects
    current.waitsForAll = wait.isForAll
    current.deadline = wait.deadline
    try block()
    return .wait
  }

  /// Gives the APCs of a thread that ends back to those who queued them.
  ///
  /// Each one's rundown routine is called, and without one its memory is freed.
  ///
  /// - Parameters:
  ///   - thread: The thread.
  ///   - next: What is to be done afterwards.
  /// - Returns: What is to be done first.
  /// - Throws: A `GuestFault` if an APC that is queued can no longer be read.
  func runDownAPCs(of thread: KernelThread, then next: Completion) throws -> Completion {
    guard thread.kernelAPCs.isEmpty else {
      throw Unmodelled("a thread that ends before a kernel APC is delivered to it")
    }
    while !thread.userAPCs.isEmpty {
      let apc = thread.userAPCs.removeFirst()
      let routine = try memory[apc].rundownRoutine
      if routine == .null {
        try manager.freePool(apc.address)
        continue
      }
      return .call(GuestCall(routine, apc.address.rawValue)) { [self] _ in
        try runDownAPCs(of: thread, then: next)
      }
    }
    return next
  }
}
