import GuestABI
import NTKernel
import NTStructures
import Testing

@Suite struct WaitTests {
  static let null = GuestPointer<Int64>(.null)

  private func event(_ fixture: KernelFixture, isManual: Bool, state: Bool) throws -> VirtualAddress
  {
    let event = try fixture.allocate(32)
    try fixture.call("KeInitializeEvent", event, UInt32(isManual ? 0 : 1), state)
    return event
  }

  private func wait(
    _ fixture: KernelFixture,
    _ object: VirtualAddress,
    timeout: Int64? = nil
  ) throws -> NTStatus {
    var place = Self.null
    if let timeout {
      place = GuestPointer(try fixture.allocate(8))
      try fixture.memory.store(timeout, at: place.address)
    }
    return try fixture.status(
      "KeWaitForSingleObject",
      object,
      UInt32(0),
      ProcessorMode.kernel,
      false,
      place
    )
  }

  @Test(arguments: Host.few)
  func `a notification event stays signalled, a synchronization event does not`(
    host: Host
  ) throws {
    let fixture = try host.fixture()
    for isManual in [true, false] {
      let event = try event(fixture, isManual: isManual, state: false)
      #expect(try wait(fixture, event, timeout: 0) == .timeout)
      #expect(
        try Int32(truncatingIfNeeded: fixture.call("KeSetEvent", event, Int32(0), false)) == 0
      )
      #expect(try wait(fixture, event) == .success)
      #expect(try fixture.call("KeReadStateEvent", event) == (isManual ? 1 : 0))
      #expect(try wait(fixture, event, timeout: 0) == (isManual ? .success : .timeout))
      try fixture.call("KeClearEvent", event)
      #expect(try wait(fixture, event, timeout: 0) == .timeout)
    }
  }

  @Test(arguments: Host.few)
  func `a wait ends when its time is up, and not before`(host: Host) throws {
    let fixture = try host.fixture()
    let event = try event(fixture, isManual: true, state: false)
    let thread = fixture.dispatcher.current
    // 50 ms.
    #expect(throws: KernelFixture.Waits.self) { try wait(fixture, event, timeout: -500_000) }
    #expect(thread.state == .waiting)
    try fixture.dispatcher.advance(by: 499_999)
    #expect(thread.state == .waiting)
    try fixture.dispatcher.advance(by: 1)
    #expect(thread.state == .ready)
    #expect(try fixture.dispatcher.schedule() === thread)
    #expect(thread.waitStatus == NTStatus.timeout.guestBits)
    // A time of day.
    let due = Int64(fixture.dispatcher.systemTime + 10_000)
    #expect(throws: KernelFixture.Waits.self) { try wait(fixture, event, timeout: due) }
    #expect(try fixture.dispatcher.schedule() === thread)
    #expect(fixture.dispatcher.systemTime == UInt64(due))
    #expect(thread.waitStatus == NTStatus.timeout.guestBits)
  }

  @Test(arguments: Host.few)
  func `an event wakes the oldest thread that waits for it`(host: Host) throws {
    let fixture = try host.fixture()
    let dispatcher = fixture.dispatcher
    let first = dispatcher.current
    let event = try event(fixture, isManual: false, state: false)
    let second = try dispatcher.createThread(GuestCall(VirtualAddress(rawValue: 0x1000)))
    #expect(throws: KernelFixture.Waits.self) { try wait(fixture, event) }
    #expect(try dispatcher.schedule() === second)
    #expect(throws: KernelFixture.Waits.self) { try wait(fixture, event) }
    // Nobody is left to set it.
    #expect(try dispatcher.schedule() == nil)
    try fixture.call("KeSetEvent", event, Int32(0), false)
    #expect(first.state == .ready)
    #expect(second.state == .waiting)
    #expect(try fixture.call("KeReadStateEvent", event) == 0)
    try fixture.call("KeSetEvent", event, Int32(0), false)
    #expect(second.state == .ready)
    #expect(try dispatcher.schedule() === first)
  }

  @Test(arguments: Host.few)
  func `waiting for all takes nothing until all are there`(host: Host) throws {
    let fixture = try host.fixture()
    let width = host.architecture.pointerSize
    let events = try (0..<3).map { _ in try event(fixture, isManual: false, state: false) }
    let list = try fixture.allocate(3 * width)
    for (index, event) in events.enumerated() {
      try fixture.memory.store(event, at: list + index * width)
    }
    let zero = GuestPointer<Int64>(try fixture.allocate(8))
    let wait = { (type: UInt32) in
      try fixture.status(
        "KeWaitForMultipleObjects",
        UInt32(3),
        list,
        type,
        UInt32(0),
        ProcessorMode.kernel,
        false,
        zero,
        VirtualAddress.null
      )
    }
    // WaitAll is 0, WaitAny 1.
    for index in [2, 1] { try fixture.call("KeSetEvent", events[index], Int32(0), false) }
    #expect(try wait(0) == .timeout)
    #expect(try fixture.call("KeReadStateEvent", events[2]) == 1)
    #expect(try wait(1).rawValue == 1)
    #expect(try wait(1).rawValue == 2)
    #expect(try wait(1) == .timeout)
    for event in events { try fixture.call("KeSetEvent", event, Int32(0), false) }
    #expect(try wait(0) == .success)
    for event in events { #expect(try fixture.call("KeReadStateEvent", event) == 0) }
    let error = #expect(throws: BugCheck.self) {
      try fixture.call(
        "KeWaitForMultipleObjects",
        UInt32(65),
        list,
        UInt32(0),
        UInt32(0),
        ProcessorMode.kernel,
        false,
        zero,
        VirtualAddress.null
      )
    }
    #expect(error?.code.rawValue == 0x0C)
  }

  @Test(arguments: Host.few)
  func `a mutex belongs to a thread, as often as it took it`(host: Host) throws {
    let fixture = try host.fixture()
    let dispatcher = fixture.dispatcher
    let mutex = try fixture.allocate(64)
    try fixture.call("KeInitializeMutex", mutex, UInt32(0))
    #expect(try wait(fixture, mutex) == .success)
    #expect(try wait(fixture, mutex) == .success)
    let owner = dispatcher.current
    let other = try dispatcher.createThread(GuestCall(VirtualAddress(rawValue: 0x1000)))
    #expect(try dispatcher.preempt() === other)
    #expect(try wait(fixture, mutex, timeout: 0) == .timeout)
    #expect(throws: RaisedStatus(.mutantNotOwned)) {
      try fixture.call("KeReleaseMutex", mutex, false)
    }
    #expect(throws: KernelFixture.Waits.self) { try wait(fixture, mutex) }
    #expect(try dispatcher.schedule() === owner)
    for old in [-1, 0] {
      let state = try fixture.call("KeReleaseMutex", mutex, false)
      #expect(Int(Int32(truncatingIfNeeded: state)) == old)
    }
    #expect(other.state == .ready)
    #expect(try fixture.memory[GuestPointer<KMutant>(mutex)].ownerThread == other.body)
  }

  @Test(arguments: Host.few)
  func `a semaphore counts to its limit`(host: Host) throws {
    let fixture = try host.fixture()
    let semaphore = try fixture.allocate(32)
    try fixture.call("KeInitializeSemaphore", semaphore, Int32(1), Int32(3))
    #expect(try wait(fixture, semaphore) == .success)
    #expect(try wait(fixture, semaphore, timeout: 0) == .timeout)
    #expect(try fixture.call("KeReleaseSemaphore", semaphore, Int32(0), Int32(3), false) == 0)
    #expect(throws: RaisedStatus(.semaphoreLimitExceeded)) {
      try fixture.call("KeReleaseSemaphore", semaphore, Int32(0), Int32(1), false)
    }
    #expect(try fixture.call("KeReadStateSemaphore", semaphore) == 3)
  }

  @Test(arguments: Host.few)
  func `a thread that ends wakes who waits for it`(host: Host) throws {
    let fixture = try host.fixture()
    let dispatcher = fixture.dispatcher
    let first = dispatcher.current
    let second = try dispatcher.createThread(GuestCall(VirtualAddress(rawValue: 0x1000)))
    #expect(throws: KernelFixture.Waits.self) { try wait(fixture, second.body) }
    #expect(try dispatcher.schedule() === second)
    try dispatcher.terminateCurrent()
    #expect(try dispatcher.schedule() === first)
    #expect(first.waitStatus == NTStatus.success.guestBits)
  }

  @Test(arguments: Host.few)
  func `at dispatch level a thread cannot wait`(host: Host) throws {
    let fixture = try host.fixture()
    let event = try event(fixture, isManual: true, state: false)
    try fixture.call("KeRaiseIrqlToDpcLevel")
    #expect(throws: Unmodelled.self) { try wait(fixture, event) }
    #expect(try wait(fixture, event, timeout: 0) == .timeout)
  }

  @Test(arguments: Host.few)
  func `waits of thousands of years end the run, and no more`(host: Host) throws {
    let fixture = try host.fixture()
    let event = try event(fixture, isManual: true, state: false)
    let thread = fixture.dispatcher.current
    #expect(throws: KernelFixture.Waits.self) { try wait(fixture, event, timeout: -(1 << 61)) }
    #expect(try fixture.dispatcher.schedule() === thread)
    #expect(fixture.dispatcher.interruptTime == 1 << 61)
    for timeout in [Int64.min, -(1 << 62), .max] {
      #expect(throws: KernelFixture.Waits.self) { try wait(fixture, event, timeout: timeout) }
      #expect(throws: Unmodelled.self) { try fixture.dispatcher.schedule() }
    }
  }
}
