import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct SystemQueryTests {
  @Test(arguments: Host.few)
  func `identifiers are of version 1 and differ`(host: Host) throws {
    let fixture = try host.fixture()
    let place = try fixture.allocate(16)
    var seen: Set<[UInt8]> = []
    for _ in 0..<5 {
      // RPC_NT_UUID_LOCAL_ONLY.
      #expect(try fixture.status("ExUuidCreate", place) == NTStatus(0x4002_0056))
      let bytes = try fixture.memory.bytes(at: place, count: 16)
      #expect(bytes[7] >> 4 == 1)
      #expect(bytes[8] >> 6 == 2)
      seen.insert(bytes)
    }
    #expect(seen.count == 5)
  }

  @Test(arguments: Host.few)
  func `a process says the name of its program`(host: Host) throws {
    let fixture = try host.fixture()
    let system = fixture.kernel.processes.systemProcess
    let other = try fixture.kernel.processes.requester(1).body
    for (process, expected) in [(system, "System"), (other, "program.exe")] {
      let name = try fixture.pointer("PsGetProcessImageFileName", process)
      let bytes = try fixture.memory.bytes(at: name, count: 16).prefix { $0 != 0 }
      #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
    #expect(throws: Unmodelled.self) { try fixture.call("PsGetProcessImageFileName", system + 8) }
  }

  @Test(arguments: Host.few)
  func `a thread that has been in a program came from user mode`(host: Host) throws {
    let fixture = try host.fixture()
    #expect(try fixture.call("ExGetPreviousMode") & 0xFF == 0)
    try fixture.kernel.processes.enter(fixture.kernel.processes.requester(1))
    #expect(try fixture.call("ExGetPreviousMode") & 0xFF == 1)
  }

  @Test(arguments: Host.few)
  func `yielding lets another ready thread run`(host: Host) throws {
    let fixture = try host.fixture()
    let first = fixture.dispatcher.current
    #expect(try fixture.status("ZwYieldExecution") == NTStatus(0x4000_0024))
    let second = try fixture.dispatcher.createThread(GuestCall(VirtualAddress(rawValue: 0x1000)))
    #expect(throws: KernelFixture.Waits.self) { try fixture.call("ZwYieldExecution") }
    #expect(try fixture.dispatcher.schedule() === second)
    #expect(first.state == .ready)
    #expect(first.waitStatus == 0)
  }

  @Test(arguments: Host.few)
  func `a routine runs on every processor at its level`(host: Host) throws {
    let fixture = try host.fixture()
    var levels: [IRQL] = []
    let interrupt = fixture.routine { call in
      levels.append(fixture.dispatcher.irql)
      #expect(call.arguments.map(\.bits) == [5])
      return 77
    }
    #expect(try fixture.call("KeIpiGenericCall", interrupt, GuestWord(5)) == 77)
    let deferred = fixture.routine { call in
      levels.append(fixture.dispatcher.irql)
      #expect(call.arguments[1].bits == 6)
      let (countdown, barrier) = (
        VirtualAddress(rawValue: call.arguments[2].bits),
        VirtualAddress(rawValue: call.arguments[3].bits)
      )
      try fixture.call("KeSignalCallDpcSynchronize", barrier)
      try fixture.call("KeSignalCallDpcDone", countdown)
      return 0
    }
    try fixture.call("KeGenericCallDpc", deferred, GuestWord(6))
    #expect(levels == [IRQL(rawValue: host.architecture == .x86 ? 29 : 14), .dispatch])
    #expect(fixture.dispatcher.irql == .passive)
    let silent = fixture.routine { _ in 0 }
    #expect(throws: Unmodelled.self) {
      try fixture.call("KeGenericCallDpc", silent, GuestWord(6))
    }
  }

  @Test(arguments: Host.few)
  func `a system affinity is given back to whom it was before`(host: Host) throws {
    let fixture = try host.fixture()
    let one = GuestWord(1)
    #expect(try fixture.call("KeSetSystemAffinityThreadEx", one) == 0)
    #expect(try fixture.call("KeSetSystemAffinityThreadEx", one) == 1)
    try fixture.call("KeRevertToUserAffinityThreadEx", GuestWord(0))
    #expect(try fixture.call("KeSetSystemAffinityThreadEx", one) == 0)
    #expect(throws: Unmodelled.self) { try fixture.call("KeSetSystemAffinityThread", GuestWord(2)) }
    let number = try fixture.allocate(4)
    #expect(try fixture.status("KeGetProcessorNumberFromIndex", UInt32(0), number) == .success)
    #expect(
      try fixture.status("KeGetProcessorNumberFromIndex", UInt32(1), number) == .invalidParameter
    )
    try fixture.memory.store(UInt32(0x0000_0001), at: number)
    #expect(try fixture.call("KeGetProcessorIndexFromNumber", number) & 0xFFFF_FFFF == 0xFFFF_FFFF)
  }
}

@Suite struct NotifyRoutineTests {
  @Test(arguments: Host.few)
  func `as many routines hear of processes as the release has room for`(host: Host) throws {
    let fixture = try host.fixture()
    let set = "PsSetCreateProcessNotifyRoutine"
    let limit = host.release >= .vista ? 64 : 8
    for index in 0...limit {
      let routine = VirtualAddress(rawValue: 0x5000 + UInt64(index) * 16)
      let expected: NTStatus = index < limit ? .success : .invalidParameter
      #expect(try fixture.status(set, routine, false) == expected)
    }
    let first = VirtualAddress(rawValue: 0x5000)
    #expect(try fixture.status(set, first, false) == .invalidParameter)
    #expect(try fixture.status(set, first, true) == .success)
    #expect(try fixture.status(set, first, true) == .invalidParameter)
  }

  @Test(arguments: Host.few)
  func `system threads are announced when they start and when they end`(host: Host) throws {
    let fixture = try host.fixture()
    var heard: [[UInt64]] = []
    let routine = fixture.routine { call in
      heard.append(call.arguments.map(\.bits))
      return 0
    }
    #expect(try fixture.status("PsSetCreateThreadNotifyRoutine", routine) == .success)
    let handle = try fixture.allocate(8)
    let null = VirtualAddress.null
    let status = try fixture.status(
      "PsCreateSystemThread",
      handle,
      UInt32(0x1F_03FF),
      null,
      null,
      null,
      VirtualAddress(rawValue: 0x1000),
      null
    )
    #expect(status == .success)
    let thread = try #require(fixture.dispatcher.threads.last)
    #expect(heard == [[4, UInt64(thread.id), 1]])
    #expect(try fixture.dispatcher.preempt() === thread)
    #expect(throws: KernelFixture.Waits.self) {
      try fixture.call("PsTerminateSystemThread", NTStatus.success)
    }
    #expect(heard.count == 2)
    #expect(heard.last == [4, UInt64(thread.id), 0])
    #expect(try fixture.status("PsRemoveCreateThreadNotifyRoutine", routine) == .success)
    #expect(
      try fixture.status("PsRemoveCreateThreadNotifyRoutine", routine) == .procedureNotFound
    )
  }

  @Test(arguments: Host.few.filter { $0.release >= .vista })
  func `the extended routine must be in an image that forces integrity`(host: Host) throws {
    let fixture = try host.fixture()
    let set = "PsSetCreateProcessNotifyRoutineEx"
    let outside = VirtualAddress(rawValue: 0x5000)
    #expect(try fixture.status(set, outside, false) == .accessDenied)
    #expect(try fixture.status(set, outside, true) == .invalidParameter)
  }
}

@Suite struct ExtendedAffinityTests {
  @Test(arguments: Host.few.filter { $0.release >= .win7 })
  func `a set of processors holds the one that there is`(host: Host) throws {
    let fixture = try host.fixture()
    let affinity = try fixture.allocate(8 + 20 * 8)
    try fixture.memory.fill(at: affinity, count: 16, with: 0x55)
    try fixture.call("KeInitializeAffinityEx", affinity)
    func has(_ index: UInt32) throws -> Bool {
      try fixture.call("KeCheckProcessorAffinityEx", affinity, index) & 0xFFFF_FFFF == 1
    }
    #expect(try !has(0))
    try fixture.call("KeAddProcessorAffinityEx", affinity, UInt32(0))
    #expect(try has(0))
    #expect(try !has(1))
    try fixture.call("KeRemoveProcessorAffinityEx", affinity, UInt32(0))
    #expect(try !has(0))
    #expect(throws: Unmodelled.self) {
      try fixture.call("KeAddProcessorAffinityEx", affinity, UInt32(1))
    }
  }
}
