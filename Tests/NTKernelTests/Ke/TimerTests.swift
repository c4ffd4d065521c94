import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct TimerTests {
  /// Makes a DPC that runs at an address which tells it from others.
  private func dpc(_ fixture: KernelFixture, _ number: UInt64) throws -> GuestPointer<KDPC> {
    let dpc = GuestPointer<KDPC>(try fixture.allocate(64))
    let routine = VirtualAddress(rawValue: 0x5000 + number)
    try fixture.call("KeInitializeDpc", dpc, routine, VirtualAddress(rawValue: number))
    return dpc
  }

  /// Runs the DPCs that are queued, and returns their numbers.
  private func run(_ fixture: KernelFixture) throws -> [UInt64] {
    var numbers: [UInt64] = []
    while let next = try fixture.dispatcher.takeDPC() {
      #expect(fixture.dispatcher.irql == .dispatch)
      #expect(next.call.function.rawValue == 0x5000 + next.call.arguments[1].bits)
      numbers.append(next.call.arguments[1].bits)
      try fixture.dispatcher.setIRQL(next.irql)
    }
    return numbers
  }

  private func timer(_ fixture: KernelFixture) throws -> GuestPointer<KTimer> {
    let timer = GuestPointer<KTimer>(try fixture.allocate(64))
    try fixture.call("KeInitializeTimer", timer)
    return timer
  }

  @Test(arguments: Host.few)
  func `DPCs run in the order of their queue, each once`(host: Host) throws {
    let fixture = try host.fixture()
    let dpcs = try (0..<5).map { try dpc(fixture, UInt64($0)) }
    let zero = VirtualAddress.null
    for index in [3, 1, 4, 0] {
      #expect(try fixture.call("KeInsertQueueDpc", dpcs[index], zero, zero) == 1)
    }
    #expect(try fixture.call("KeInsertQueueDpc", dpcs[3], zero, zero) == 0)
    #expect(try fixture.call("KeRemoveQueueDpc", dpcs[4]) == 1)
    #expect(try fixture.call("KeRemoveQueueDpc", dpcs[4]) == 0)
    #expect(try run(fixture) == [3, 1, 0])
    #expect(try fixture.call("KeInsertQueueDpc", dpcs[3], zero, zero) == 1)
    #expect(try run(fixture) == [3])
  }

  @Test(arguments: Host.few)
  func `a DPC gets its arguments, and waits for the level to fall`(host: Host) throws {
    let fixture = try host.fixture()
    let dpc = try dpc(fixture, 7)
    try fixture.call("KeRaiseIrqlToDpcLevel")
    let (first, second) = (VirtualAddress(rawValue: 11), VirtualAddress(rawValue: 12))
    try fixture.call("KeInsertQueueDpc", dpc, first, second)
    #expect(!fixture.dispatcher.hasDeliverableDPC)
    #expect(try fixture.dispatcher.takeDPC() == nil)
    try fixture.call("KfLowerIrql", IRQL.passive)
    let next = try #require(try fixture.dispatcher.takeDPC())
    #expect(next.call.arguments.map(\.bits) == [dpc.address.rawValue, 7, 11, 12])
    #expect(next.irql == .passive)
  }

  @Test(arguments: Host.few)
  func `timers expire in the order of their times`(host: Host) throws {
    let fixture = try host.fixture()
    for (number, due) in [(1, 300), (2, 100), (3, 200), (4, 100)] {
      let timer = try timer(fixture)
      let dpc = try dpc(fixture, UInt64(number))
      #expect(try fixture.call("KeSetTimer", timer, Int64(-due), dpc) == 0)
    }
    try fixture.dispatcher.advance(by: 99)
    #expect(try run(fixture) == [])
    try fixture.dispatcher.advance(by: 1)
    #expect(try run(fixture) == [2, 4])
    try fixture.dispatcher.advance(by: 1000)
    #expect(try run(fixture) == [3, 1])
  }

  @Test(arguments: Host.few)
  func `a periodic timer goes on until it is cancelled`(host: Host) throws {
    let fixture = try host.fixture()
    let timer = try timer(fixture)
    let dpc = try dpc(fixture, 1)
    // After 5 ms, then each 10 ms.
    #expect(try fixture.call("KeSetTimerEx", timer, Int64(-50_000), Int32(10), dpc) == 0)
    var counts: [Int] = []
    for _ in 0..<4 {
      try fixture.dispatcher.advance(by: 50_000)
      counts.append(try run(fixture).count)
    }
    #expect(counts == [1, 0, 1, 0])
    #expect(try fixture.call("KeReadStateTimer", timer) == 1)
    #expect(try fixture.call("KeCancelTimer", timer) == 1)
    #expect(try fixture.call("KeCancelTimer", timer) == 0)
    try fixture.dispatcher.advance(by: 1_000_000)
    #expect(try run(fixture) == [])
  }

  @Test(arguments: Host.few)
  func `a timer that is set again starts anew`(host: Host) throws {
    let fixture = try host.fixture()
    let timer = try timer(fixture)
    let dpc = try dpc(fixture, 1)
    #expect(try fixture.call("KeSetTimer", timer, Int64(-100), dpc) == 0)
    #expect(try fixture.call("KeSetTimer", timer, Int64(-200), dpc) == 1)
    try fixture.dispatcher.advance(by: 150)
    #expect(try run(fixture) == [])
    try fixture.dispatcher.advance(by: 50)
    #expect(try run(fixture) == [1])
    #expect(try fixture.call("KeSetTimer", timer, Int64(-200), dpc) == 0)
    #expect(try fixture.call("KeReadStateTimer", timer) == 0)
  }

  @Test(arguments: Host.few)
  func `a thread waits for a timer`(host: Host) throws {
    let fixture = try host.fixture()
    let timer = try timer(fixture)
    let thread = fixture.dispatcher.current
    try fixture.call("KeSetTimer", timer, Int64(-70_000), GuestPointer<KDPC>(.null))
    #expect(throws: KernelFixture.Waits.self) {
      try fixture.call(
        "KeWaitForSingleObject",
        timer,
        UInt32(0),
        ProcessorMode.kernel,
        false,
        WaitTests.null
      )
    }
    #expect(try fixture.dispatcher.schedule() === thread)
    #expect(fixture.dispatcher.interruptTime == 70_000)
    #expect(thread.waitStatus == NTStatus.success.guestBits)
  }

  @Test(arguments: Host.few)
  func `a spin lock raises the level, and is taken once`(host: Host) throws {
    let fixture = try host.fixture()
    let lock = try fixture.allocate(16)
    try fixture.call("KeInitializeSpinLock", lock)
    let take = host.architecture == .x86 ? "KfAcquireSpinLock" : "KeAcquireSpinLockRaiseToDpc"
    let give = host.architecture == .x86 ? "KfReleaseSpinLock" : "KeReleaseSpinLock"
    #expect(try fixture.call(take, lock) == 0)
    #expect(fixture.dispatcher.irql == .dispatch)
    #expect(throws: Unmodelled.self) { try fixture.call("KefAcquireSpinLockAtDpcLevel", lock) }
    try fixture.call(give, lock, IRQL.passive)
    #expect(fixture.dispatcher.irql == .passive)
    #expect(throws: Unmodelled.self) { try fixture.call(give, lock, IRQL.passive) }
    #expect(throws: BugCheck.self) { try fixture.call("KfLowerIrql", IRQL.dispatch) }
  }
}
