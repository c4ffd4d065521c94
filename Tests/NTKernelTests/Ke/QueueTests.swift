import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct QueueTests {
  private struct Fixture {
    let kernel: KernelFixture
    let queue: VirtualAddress
    private let entries: VirtualAddress

    init(_ host: Host, count: UInt32) throws {
      kernel = try host.fixture()
      queue = try kernel.allocate(64)
      entries = try kernel.allocate(16 * 16)
      try kernel.call("KeInitializeQueue", queue, count)
    }

    func entry(_ index: Int) -> VirtualAddress { entries + index * 16 }

    func insert(_ index: Int, head: Bool = false) throws -> Int32 {
      let routine = head ? "KeInsertHeadQueue" : "KeInsertQueue"
      return Int32(truncatingIfNeeded: try kernel.call(routine, queue, entry(index)))
    }

    /// Returns the entry that is taken, or what the routine returns in its place.
    func remove(timeout: Int64? = nil) throws -> UInt64 {
      var place = WaitTests.null
      if let timeout {
        place = GuestPointer(try kernel.allocate(8))
        try kernel.memory.store(timeout, at: place.address)
      }
      return try kernel.call("KeRemoveQueue", queue, ProcessorMode.kernel, place)
    }

    /// Lets the current thread wait for an entry.
    func waitForEntry(timeout: Int64? = nil) {
      #expect(throws: KernelFixture.Waits.self) { try remove(timeout: timeout) }
    }
  }

  @Test(arguments: Host.few)
  func `entries come out in their order, and at the head first`(host: Host) throws {
    let fixture = try Fixture(host, count: 1)
    #expect(try fixture.insert(0) == 0)
    #expect(try fixture.insert(1) == 1)
    #expect(try fixture.insert(2, head: true) == 2)
    #expect(try fixture.kernel.call("KeReadStateQueue", fixture.queue) == 3)
    for index in [2, 0, 1] { #expect(try fixture.remove() == fixture.entry(index).rawValue) }
    #expect(try fixture.remove(timeout: 0) == NTStatus.timeout.guestBits)
  }

  @Test(arguments: Host.few)
  func `who waited last gets the first entry, and only so many at a time`(host: Host) throws {
    let fixture = try Fixture(host, count: 1)
    let dispatcher = fixture.kernel.dispatcher
    let first = dispatcher.current
    let second = try dispatcher.createThread(GuestCall(VirtualAddress(rawValue: 0x1000)))
    let third = try dispatcher.createThread(GuestCall(VirtualAddress(rawValue: 0x1000)))
    fixture.waitForEntry()
    #expect(try dispatcher.schedule() === second)
    fixture.waitForEntry()
    #expect(try dispatcher.schedule() === third)
    #expect(try fixture.insert(0) == 0)
    #expect(first.state == .waiting)
    #expect(second.state == .ready)
    #expect(second.waitStatus == fixture.entry(0).rawValue)
    // One thread is active, so the next entry stays.
    #expect(try fixture.insert(1) == 0)
    #expect(first.state == .waiting)
    // The active thread waits for something else: another takes its place.
    #expect(try dispatcher.preempt() === second)
    let interval = try fixture.kernel.allocate(8)
    try fixture.kernel.memory.store(Int64(-1000), at: interval)
    #expect(throws: KernelFixture.Waits.self) {
      try fixture.kernel.call("KeDelayExecutionThread", ProcessorMode.kernel, false, interval)
    }
    #expect(first.state == .ready)
    #expect(first.waitStatus == fixture.entry(1).rawValue)
    #expect(try fixture.kernel.call("KeReadStateQueue", fixture.queue) == 0)
  }

  @Test(arguments: Host.few)
  func `a wait for an entry times out`(host: Host) throws {
    let fixture = try Fixture(host, count: 0)
    let dispatcher = fixture.kernel.dispatcher
    let thread = dispatcher.current
    fixture.waitForEntry(timeout: -70_000)
    #expect(try dispatcher.schedule() === thread)
    #expect(dispatcher.interruptTime == 70_000)
    #expect(thread.waitStatus == NTStatus.timeout.guestBits)
    #expect(try fixture.insert(0) == 0)
    #expect(try fixture.remove() == fixture.entry(0).rawValue)
    // A delay that comes after is none for an entry.
    let interval = try fixture.kernel.allocate(8)
    try fixture.kernel.memory.store(Int64(-1000), at: interval)
    #expect(throws: KernelFixture.Waits.self) {
      try fixture.kernel.call("KeDelayExecutionThread", ProcessorMode.kernel, false, interval)
    }
    #expect(try dispatcher.schedule() === thread)
    #expect(thread.waitStatus == NTStatus.success.guestBits)
  }

  @Test(arguments: Host.few)
  func `a queue that is run down gives all its entries back in a ring`(host: Host) throws {
    let fixture = try Fixture(host, count: 1)
    let memory = fixture.kernel.memory
    #expect(try fixture.kernel.pointer("KeRundownQueue", fixture.queue) == .null)
    for index in 0..<3 { _ = try fixture.insert(index) }
    let first = try fixture.kernel.pointer("KeRundownQueue", fixture.queue)
    #expect(first == fixture.entry(0))
    var place = GuestPointer<ListEntry>(first)
    for index in [1, 2, 0] {
      place = try memory[place].flink
      #expect(place.address == fixture.entry(index))
    }
    #expect(try fixture.kernel.call("KeReadStateQueue", fixture.queue) == 0)
  }

  @Test(arguments: Host.few)
  func `an entry whose links a driver cleared stops the system`(host: Host) throws {
    let fixture = try Fixture(host, count: 1)
    _ = try fixture.insert(0)
    try fixture.kernel.memory.store(VirtualAddress.null, at: fixture.entry(0))
    let error = #expect(throws: BugCheck.self) { try fixture.remove() }
    #expect(error?.code.rawValue == 0x96)
    #expect(error?.parameters[0] == fixture.entry(0).rawValue)
    #expect(error?.parameters[1] == fixture.queue.rawValue)
  }
}
