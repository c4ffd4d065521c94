import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// Interrupt objects: who may connect, and what is refused.
@Suite struct InterruptTests {
  private func connect(
    _ fixture: KernelFixture,
    vector: UInt32 = 0x35,
    level: UInt8 = 9,
    synchronizeLevel: UInt8 = 9,
    isShared: Bool = true,
    affinity: UInt64 = 1,
    routine: VirtualAddress = VirtualAddress(rawValue: 0x7000_1000)
  ) throws -> (status: NTStatus, object: VirtualAddress) {
    let result = try fixture.allocate(8)
    let status = try fixture.status(
      "IoConnectInterrupt",
      result,
      routine,
      VirtualAddress.null,
      VirtualAddress.null,
      vector,
      level,
      synchronizeLevel,
      UInt32(0),
      isShared,
      GuestWord(affinity),
      false
    )
    return (status, try fixture.memory.load(at: result))
  }

  @Test(arguments: Host.few)
  func `a line is shared by all who connect it, or by nobody`(host: Host) throws {
    let fixture = try host.fixture()
    #expect(try connect(fixture, affinity: 0).status == .invalidParameter)
    #expect(try connect(fixture, synchronizeLevel: 8).status == .invalidParameter)
    let first = try connect(fixture)
    #expect(first.status == .success && first.object != .null)
    #expect(try connect(fixture, isShared: false).status == .invalidParameter)
    #expect(try connect(fixture).status == .success)
    let alone = try connect(fixture, vector: 0x40, isShared: false)
    #expect(alone.status == .success)
    #expect(try connect(fixture, vector: 0x40).status == .invalidParameter)
    try fixture.call("IoDisconnectInterrupt", alone.object)
    #expect(try connect(fixture, vector: 0x40).status == .success)
    #expect(fixture.kernel.interrupts.connectedVectors == [0x35, 0x40])
    #expect(throws: Unmodelled("IoDisconnectInterrupt of an interrupt that is not connected")) {
      try fixture.call("IoDisconnectInterrupt", alone.object)
    }
  }

  @Test(arguments: Host.few)
  func `KeSynchronizeExecution runs at the interrupt's level and returns the result`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    let object = try connect(fixture, synchronizeLevel: 10).object
    var levels: [IRQL] = []
    let routine = fixture.routine { call in
      levels.append(fixture.dispatcher.irql)
      return call.arguments[0].bits == 5 ? 1 : 0
    }
    for context in [UInt64(5), 6] {
      let result = try fixture.call(
        "KeSynchronizeExecution",
        object,
        routine,
        VirtualAddress(rawValue: context)
      )
      #expect(result & 0xFF == (context == 5 ? 1 : 0))
    }
    #expect(levels.map(\.rawValue) == [10, 10])
    #expect(fixture.dispatcher.irql == .passive)
    let old = try fixture.call("KeAcquireInterruptSpinLock", object)
    #expect(old & 0xFF == 0 && fixture.dispatcher.irql.rawValue == 10)
    try fixture.call("KeReleaseInterruptSpinLock", object, UInt8(0))
    #expect(fixture.dispatcher.irql == .passive)
    try fixture.dispatcher.setIRQL(IRQL(rawValue: 12))
    #expect(throws: BugCheck.self) { try fixture.call("KeAcquireInterruptSpinLock", object) }
  }

  @Test(arguments: Host.few)
  func `the highest level is served first, and none at its own level`(host: Host) throws {
    let fixture = try host.fixture()
    let low = VirtualAddress(rawValue: 0x7000_2000)
    let high = VirtualAddress(rawValue: 0x7000_3000)
    _ = try connect(fixture, vector: 0x31, level: 5, synchronizeLevel: 5, routine: low)
    _ = try connect(fixture, vector: 0x32, level: 7, synchronizeLevel: 7, routine: high)
    let (interrupts, dispatcher) = (fixture.kernel.interrupts, fixture.dispatcher)
    interrupts.raise(0x31)
    interrupts.raise(0x32)
    interrupts.raise(0x32)
    try dispatcher.setIRQL(IRQL(rawValue: 7))
    #expect(!dispatcher.hasDeliverableDPC)
    #expect(try dispatcher.takeDPC() == nil)
    try dispatcher.setIRQL(.dispatch)
    let first = try #require(try dispatcher.takeDPC())
    #expect(first.call.function == high && dispatcher.irql.rawValue == 7)
    // The lower one waits until the higher one has been served.
    #expect(!dispatcher.hasDeliverableDPC)
    try dispatcher.finishDPC(first.irql, result: 1)
    let second = try #require(try dispatcher.takeDPC())
    #expect(second.call.function == low)
    try dispatcher.finishDPC(second.irql, result: 1)
    #expect(dispatcher.irql == .dispatch && !interrupts.hasPending)
  }

  @Test(arguments: Host.few)
  func `routines of a level are asked until one says that it was its device`(host: Host) throws {
    let fixture = try host.fixture()
    let routines = (0..<3).map { VirtualAddress(rawValue: 0x7000_0000 + UInt64($0) * 0x100) }
    for routine in routines { _ = try connect(fixture, routine: routine) }
    let dispatcher = fixture.dispatcher
    func serve(claiming index: Int) throws -> [VirtualAddress] {
      fixture.kernel.interrupts.raise(0x35)
      var asked: [VirtualAddress] = []
      while let next = try dispatcher.takeDPC() {
        asked.append(next.call.function)
        let isOwn = next.call.function == routines[index]
        try dispatcher.finishDPC(next.irql, result: isOwn ? 0x101 : 0x100)
      }
      return asked
    }
    #expect(try serve(claiming: 0) == Array(routines[..<1]))
    #expect(try serve(claiming: 1) == Array(routines[..<2]))
    #expect(try serve(claiming: 2) == routines)
  }
}
