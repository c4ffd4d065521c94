import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct APCTests {
  /// A kernel in which APCs are recorded as they run.
  private final class Fixture {
    let kernel: KernelFixture
    var heard: [String] = []
    private(set) var kernelRoutine = VirtualAddress.null
    private(set) var normalRoutine = VirtualAddress.null

    init(_ host: Host) throws {
      kernel = try host.fixture()
      kernelRoutine = kernel.routine { [unowned self] call in
        let context = try kernel.memory.load(
          GuestWord.self,
          at: VirtualAddress(rawValue: call.arguments[2].bits)
        )
        heard.append("kernel \(context.rawValue) at \(kernel.dispatcher.irql.rawValue)")
        return 0
      }
      normalRoutine = kernel.routine { [unowned self] call in
        let arguments = call.arguments.map { "\($0.bits)" }.joined(separator: " ")
        heard.append("normal \(arguments) at \(kernel.dispatcher.irql.rawValue)")
        return 0
      }
    }

    /// Makes an APC, and returns where it is.
    func apc(
      _ thread: KernelThread,
      isSpecial: Bool = false,
      mode: ProcessorMode = .kernel,
      context: UInt64 = 7
    ) throws -> VirtualAddress {
      let apc = try kernel.allocate(0x58)
      try kernel.call(
        "KeInitializeApc",
        apc,
        thread.body,
        UInt32(0),
        kernelRoutine,
        VirtualAddress.null,
        isSpecial ? .null : normalRoutine,
        mode,
        VirtualAddress(rawValue: context)
      )
      return apc
    }

    func insert(_ apc: VirtualAddress) throws -> Bool {
      let (first, second) = (VirtualAddress(rawValue: 8), VirtualAddress(rawValue: 9))
      return try kernel.call("KeInsertQueueApc", apc, first, second, Int32(0)) & 0xFF == 1
    }

    /// Runs what the current thread may run.
    func deliver() throws {
      _ = try kernel.carryOut(kernel.dispatcher.deliverAPCs { .done })
    }
  }

  @Test(arguments: Host.few)
  func `the kernel routine runs at APC level, the normal one at passive`(host: Host) throws {
    let fixture = try Fixture(host)
    let apc = try fixture.apc(fixture.kernel.dispatcher.current)
    #expect(!fixture.kernel.dispatcher.hasDeliverableAPC)
    #expect(try fixture.insert(apc))
    #expect(try !fixture.insert(apc))
    #expect(fixture.kernel.dispatcher.hasDeliverableAPC)
    try fixture.deliver()
    #expect(fixture.heard == ["kernel 7 at 1", "normal 7 8 9 at 0"])
    #expect(try fixture.insert(apc))
  }

  @Test(arguments: Host.few)
  func `critical regions hold normal APCs back, guarded regions all`(host: Host) throws {
    let fixture = try Fixture(host)
    let dispatcher = fixture.kernel.dispatcher
    #expect(try fixture.insert(fixture.apc(dispatcher.current)))
    try fixture.kernel.call("KeEnterCriticalRegion")
    #expect(!dispatcher.hasDeliverableAPC)
    // A special one comes first, and only guarded regions and the level stop it.
    #expect(try fixture.insert(fixture.apc(dispatcher.current, isSpecial: true)))
    #expect(dispatcher.hasDeliverableAPC)
    try dispatcher.setIRQL(.apc)
    #expect(!dispatcher.hasDeliverableAPC)
    try dispatcher.setIRQL(.passive)
    try fixture.deliver()
    #expect(fixture.heard == ["kernel 0 at 1"])
    if host.release >= .ws03sp1 {
      try fixture.kernel.call("KeEnterGuardedRegion")
      #expect(try fixture.insert(fixture.apc(dispatcher.current, isSpecial: true)))
      #expect(!dispatcher.hasDeliverableAPC)
      try fixture.kernel.call("KeLeaveGuardedRegion")
      #expect(dispatcher.hasDeliverableAPC)
      try fixture.deliver()
    }
    try fixture.kernel.call("KeLeaveCriticalRegion")
    #expect(dispatcher.hasDeliverableAPC)
    try fixture.deliver()
    #expect(fixture.heard.suffix(2) == ["kernel 7 at 1", "normal 7 8 9 at 0"])
  }

  @Test(arguments: Host.few)
  func `a wait goes on after an APC that interrupts it`(host: Host) throws {
    let fixture = try Fixture(host)
    let dispatcher = fixture.kernel.dispatcher
    let waiter = dispatcher.current
    let event = try fixture.kernel.allocate(32)
    try fixture.kernel.call("KeInitializeEvent", event, UInt32(1), false)
    #expect(throws: KernelFixture.Waits.self) {
      try fixture.kernel.call(
        "KeWaitForSingleObject",
        event,
        UInt32(0),
        ProcessorMode.kernel,
        false,
        WaitTests.null
      )
    }
    let other = try dispatcher.createThread(GuestCall(VirtualAddress(rawValue: 0x1000)))
    #expect(try dispatcher.schedule() === other)
    #expect(try fixture.insert(fixture.apc(waiter)))
    #expect(waiter.state == .ready)
    let wait = try #require(waiter.interruptedWait)
    #expect(try dispatcher.preempt() === waiter)
    dispatcher.endInterruption()
    #expect(throws: KernelFixture.Waits.self) {
      try fixture.kernel.carryOut(dispatcher.deliverAPCs { try dispatcher.goOn(with: wait) })
    }
    #expect(fixture.heard.count == 2)
    #expect(waiter.state == .waiting)
    try fixture.kernel.call("KeSetEvent", event, Int32(0), false)
    #expect(waiter.state == .ready)
    #expect(waiter.waitStatus == NTStatus.success.guestBits)
  }

  @Test(arguments: Host.few)
  func `an APC for user mode waits until the thread's end`(host: Host) throws {
    let fixture = try Fixture(host)
    let process = try fixture.kernel.kernel.processes.requester(1)
    try fixture.kernel.kernel.processes.enter(process)
    #expect(try fixture.insert(fixture.apc(process.thread, mode: .user)))
    #expect(!fixture.kernel.dispatcher.hasDeliverableAPC)
    _ = try fixture.kernel.carryOut(fixture.kernel.kernel.announceExit())
    #expect(fixture.heard.isEmpty)
    // Waiting alertably in user mode delivers it, which no program here can do.
    #expect(try fixture.insert(fixture.apc(process.thread, mode: .user)))
    let interval = try fixture.kernel.allocate(8)
    try fixture.kernel.memory.store(Int64(-1000), at: interval)
    #expect(throws: Unmodelled.self) {
      try fixture.kernel.call("KeDelayExecutionThread", ProcessorMode.user, true, interval)
    }
  }

  @Test(arguments: Host.few.filter { $0.release >= .win7 })
  func `an alert ends an alertable wait, or the next one`(host: Host) throws {
    let fixture = try Fixture(host)
    let dispatcher = fixture.kernel.dispatcher
    let waiter = dispatcher.current
    let interval = try fixture.kernel.allocate(8)
    try fixture.kernel.memory.store(Int64(-1000), at: interval)
    func alert() throws -> Bool {
      try fixture.kernel.call("KeAlertThread", waiter.body, ProcessorMode.kernel) & 0xFF == 1
    }
    func delay() throws -> NTStatus {
      try fixture.kernel.status("KeDelayExecutionThread", ProcessorMode.kernel, true, interval)
    }
    #expect(try !alert())
    #expect(try alert())
    #expect(try delay() == .alerted)
    #expect(throws: KernelFixture.Waits.self) { try delay() }
    #expect(try !alert())
    #expect(waiter.state == .ready)
    #expect(waiter.waitStatus == NTStatus.alerted.guestBits)
    #expect(try fixture.kernel.call("KeTestAlertThread", ProcessorMode.kernel) & 0xFF == 0)
  }
}
