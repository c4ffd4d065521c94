public import GuestABI
internal import NTStructures

/// The dispatcher: threads, waits, DPCs, timers and the IRQL of one processor.
///
/// It is deterministic. Threads run until they wait, end, or have used up a quantum of instructions;
/// time is what the machine makes of the instructions executed, and jumps to the next deadline when
/// all threads wait.
public final class Dispatcher {
  /// The units of 100 ns between two clock interrupts: 10 ms.
  public static var clockTick: UInt64 { 100_000 }

  public let memory: AddressSpace
  public let processor: ProcessorState
  let manager: MemoryManager

  /// The units of 100 ns since the machine started.
  public private(set) var interruptTime: UInt64 = 0
  /// The thread that runs.
  public private(set) var current: KernelThread
  /// The threads that have not ended, oldest first.
  public private(set) var threads: [KernelThread]
  /// The DPCs that are queued, first to run first.
  var queuedDPCs: [GuestPointer<KDPC>] = []
  /// The calls that DPCs of the kernel's own make in place of their routines.
  var ownCalls: [GuestPointer<KDPC>: GuestCall] = [:]
  /// The timers that are set, by the interrupt time at which they expire.
  var timers: [(due: UInt64, timer: GuestPointer<KTimer>)] = []
  /// Whether the processor runs a DPC.
  public internal(set) var isRunningDPC = false
  /// The interrupts of devices.
  var interrupts: InterruptTable?
  /// Whether an interrupt of a device waits to be served.
  var hasPendingInterrupts = false
  /// What interrupts the thread that runs, the innermost last: whether each is a device's interrupt, and
  /// whether a DPC ran when it came.
  var interruptions: [(isInterrupt: Bool, wasRunningDPC: Bool)] = []
  /// The spin locks that are held.
  var heldSpinLocks: Set<VirtualAddress> = []
  /// The priorities that drivers set, by thread.
  var priorities: [VirtualAddress: Int32] = [:]
  /// The increments of their base priorities that drivers set, by thread.
  var basePriorities: [VirtualAddress: Int32] = [:]
  /// The threads that count as active for each queue: ``KQueue``.
  var activeThreads: [GuestPointer<KQueue>: Int] = [:]
  /// The number of the next wait for a queue's entry.
  var nextQueueTicket: UInt64 = 1
  private var nextThreadID = 8

  /// Creates a dispatcher whose one thread is the one that makes requests.
  public init(
    memory: AddressSpace,
    processor: ProcessorState,
    manager: MemoryManager
  ) throws {
    self.memory = memory
    self.processor = processor
    self.manager = manager
    current = try Self.makeThread(id: 4, start: nil, in: manager.systemSpace, manager)
    current.state = .running
    threads = [current]
    try publishCurrentThread()
    try setIRQL(.passive)
  }

  /// The bytes of a thread object.
  ///
  /// Its fields but the dispatcher header are opaque.
  private static var threadBodySize: Int { 0x600 }

  private static func makeThread(
    id: Int,
    start: GuestCall?,
    in space: ProcessAddressSpace,
    _ manager: MemoryManager
  ) throws -> KernelThread {
    guard let stack = try manager.allocateStack() else {
      throw Unmodelled("running out of memory for threads")
    }
    let headerSize = DispatcherHeader.size(on: manager.memory.architecture)
    let body = try manager.allocateOpaque(
      "ETHREAD",
      byteCount: threadBodySize,
      modelled: [0..<headerSize]
    )
    let header = GuestPointer<DispatcherHeader>(body)
    let links = manager.memory[header].address(of: \.waitListHead)
    try manager.memory.modify(header) { $0.type = DispatcherObjectType.thread.rawValue }
    try manager.memory.store(links, at: links)
    try manager.memory.store(links, at: links + manager.memory.architecture.pointerSize)
    return KernelThread(id: id, body: body, stack: stack, start: start, ownSpace: space)
  }

  /// Makes a thread that is ready to run.
  ///
  /// - Parameters:
  ///   - start: What it runs.
  ///   - space: The memory of its process, or nil for the system's.
  /// - Returns: The thread.
  /// - Throws: ``Unmodelled`` if there is no room for it.
  public func createThread(
    _ start: GuestCall,
    in space: ProcessAddressSpace? = nil
  ) throws -> KernelThread {
    guard threads.count < 1000 else { throw Unmodelled("more than 1,000 threads") }
    let process = space ?? manager.systemSpace
    let thread = try Self.makeThread(id: nextThreadID, start: start, in: process, manager)
    nextThreadID += 4
    threads.append(thread)
    return thread
  }

  /// Ends the thread that runs, and wakes who waits for it.
  public func terminateCurrent() throws {
    current.state = .terminated
    threads.removeAll { $0 === current }
    try leaveQueue(current)
    try memory[GuestPointer<DispatcherHeader>(current.body)].store(1, in: \.signalState)
    try wakeWaiters()
  }

  // Choosing a thread

  /// Chooses the thread to run next.
  ///
  /// - Returns: The thread, or nil if all wait for something that will never happen.
  public func schedule() throws -> KernelThread? {
    while true {
      if let next = nextReady() {
        try run(next)
        return next
      }
      guard queuedDPCs.isEmpty else { return nil }
      guard try advanceToNextDeadline() else { return nil }
      if !queuedDPCs.isEmpty { return nil }
    }
  }

  /// The thread after the current one, in the order of creation, that is ready.
  private func nextReady() -> KernelThread? {
    let start = (threads.firstIndex { $0 === current } ?? -1) + 1
    return (threads[start...] + threads[..<start]).first { $0.state == .ready }
  }

  private func run(_ thread: KernelThread) throws {
    if current.state == .running { current.state = .ready }
    current.irql = irql
    current = thread
    thread.state = .running
    manager.activate(thread.space)
    try setIRQL(thread.irql)
    try publishCurrentThread()
  }

  /// Lets another ready thread run, if there is one and the IRQL allows it.
  ///
  /// - Returns: The thread that runs now.
  public func preempt() throws -> KernelThread {
    guard irql < .dispatch, let next = nextReady() else { return current }
    try run(next)
    return next
  }

  /// Makes the thread with which a process makes requests.
  func createRequester(in space: ProcessAddressSpace) throws -> KernelThread {
    guard threads.count < 1000 else { throw Unmodelled("more than 1,000 threads") }
    let thread = try Self.makeThread(id: nextThreadID, start: nil, in: space, manager)
    nextThreadID += 4
    // It runs in user mode, where it does nothing until it is asked for a request.
    thread.state = .waiting
    threads.append(thread)
    return thread
  }

  /// Lets another of the threads that make requests run; the current one is left in user mode.
  func switchRequester(to thread: KernelThread) throws {
    guard thread !== current else { return manager.activate(thread.space) }
    current.state = .waiting
    current.irql = irql
    current = thread
    thread.state = .running
    manager.activate(thread.space)
    try setIRQL(thread.irql)
    try publishCurrentThread()
  }

  /// Removes the thread of a process that has ended, and wakes who waits for it.
  func removeRequester(_ thread: KernelThread) {
    thread.state = .terminated
    threads.removeAll { $0 === thread }
    manager.freeStack(thread.stack.lowerBound)
  }

  /// Uses the system's memory while all threads wait, as the idle thread does.
  public func idle() { manager.activate(manager.systemSpace) }

  /// Whether a thread beside the current one is ready, and may run now.
  public var hasOtherReadyThread: Bool {
    irql < .dispatch && threads.contains { $0 !== current && $0.state == .ready }
  }

  /// Whether anything can happen without the current thread.
  public var canMakeProgress: Bool {
    !timers.isEmpty || !queuedDPCs.isEmpty
      || threads.contains { $0 !== current && ($0.state == .ready || $0.deadline != nil) }
  }

  /// Marks the current thread as waiting.
  func block() throws {
    current.state = .waiting
    current.irql = irql
    try leaveQueue(current)
  }

  // The processor control region

  private func publishCurrentThread() throws {
    let region = manager.layout.processorControlRegion
    // fs:[0x124] on x86 and gs:[0x188] on x64 hold the current thread.
    try memory.store(current.body, at: region + (memory.architecture == .x86 ? 0x124 : 0x188))
  }

  /// The interrupt request level.
  public var irql: IRQL { IRQL(rawValue: processor.taskPriority) }

  /// Changes the interrupt request level, without running what that makes possible.
  public func setIRQL(_ level: IRQL) throws {
    processor.taskPriority = level.rawValue
    if memory.architecture == .x86 {
      // fs:[0x24] holds the IRQL.
      try memory.store(level, at: manager.layout.processorControlRegion + 0x24)
    }
  }

  // Time

  /// Moves time forward, and expires timers and waits.
  public func advance(by time: UInt64) throws {
    interruptTime += time
    try expire()
    try publishTime()
  }

  private func advanceToNextDeadline() throws -> Bool {
    let deadlines =
      timers.map(\.due) + threads.compactMap { $0.state == .waiting ? $0.deadline : nil }
    guard let next = deadlines.min() else { return false }
    try advance(by: next > interruptTime ? next - interruptTime : 0)
    return true
  }

  /// The exported variables that hold the tick count.
  public var tickCountVariables: [VirtualAddress] = []

  /// The clock interrupts since the machine started.
  public var tickCount: UInt64 { interruptTime / Self.clockTick }

  /// The time of day in units of 100 ns since 1601.
  ///
  /// Every run starts at 2000-01-01 00:00 UTC.
  public var systemTime: UInt64 { 125_911_584_000_000_000 + interruptTime }
}
