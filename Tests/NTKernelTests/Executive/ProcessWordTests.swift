import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

@Suite struct ProcessWordTests {
  private static let hosts = [
    Host(release: .wxpsp3, architecture: .x86), Host(release: .win8, architecture: .x86),
    Host(release: .win7, architecture: .x64),
  ]

  @Test(arguments: hosts)
  func `a process is announced before its thread, and ends after it`(host: Host) throws {
    let fixture = try host.fixture()
    var heard: [[UInt64]] = []
    let ofProcess = fixture.routine { call in
      heard.append([0] + call.arguments.map(\.bits))
      return 0
    }
    let ofThread = fixture.routine { call in
      heard.append([1] + call.arguments.map(\.bits))
      return 0
    }
    let set = "PsSetCreateProcessNotifyRoutine"
    #expect(try fixture.status(set, ofProcess, false) == .success)
    #expect(try fixture.status("PsSetCreateThreadNotifyRoutine", ofThread) == .success)
    #expect(fixture.kernel.hearsOfProcesses)
    let process = try fixture.kernel.processes.requester(1)
    _ = try fixture.carryOut(fixture.kernel.announceStart(of: process))
    let thread = UInt64(process.thread.id)
    #expect(heard == [[0, 4, process.id, 1], [1, process.id, thread, 1]])
    heard = []
    try fixture.kernel.processes.enter(process)
    _ = try fixture.carryOut(fixture.kernel.announceExit())
    #expect(heard == [[1, process.id, thread, 0], [0, 4, process.id, 0]])
  }

  private func clientID(
    _ fixture: KernelFixture,
    _ process: UInt64,
    _ thread: UInt64
  ) throws -> VirtualAddress {
    let place = try fixture.allocate(16)
    try fixture.memory.store(GuestWord(process), at: place)
    try fixture.memory.store(GuestWord(thread), at: place + fixture.architecture.pointerSize)
    return place
  }

  @Test(arguments: hosts)
  func `processes and threads are opened by their numbers`(host: Host) throws {
    let fixture = try host.fixture()
    let process = try fixture.kernel.processes.requester(1)
    let thread = UInt64(process.thread.id)
    let attributes = GuestPointer<ObjectAttributes>(try fixture.allocate(0x30))
    let size = UInt32(ObjectAttributes.size(on: fixture.architecture))
    try fixture.memory[attributes].store(size, in: \.length)
    try fixture.memory[attributes].store(0x200, in: \.attributes)
    let handle = try fixture.allocate(8)
    func open(_ routine: String, _ number: UInt64, _ thread: UInt64) throws -> NTStatus {
      let id = try clientID(fixture, number, thread)
      return try fixture.status(routine, handle, UInt32(0x1F_FFFF), attributes, id)
    }
    #expect(try open("ZwOpenProcess", 0xFFFC, 0) == NTStatus(0xC000_000B))
    #expect(
      try fixture.status("ZwOpenProcess", handle, UInt32(1), attributes, VirtualAddress.null)
        == NTStatus(0xC000_0030)
    )
    #expect(try open("ZwOpenThread", process.id, 0xFFFC) == NTStatus(0xC000_000B))
    #expect(try open("ZwOpenThread", 0, thread) == .success)
    #expect(try open("ZwOpenProcess", 0, thread) == .success)
    #expect(try open("ZwOpenProcess", process.id, 0) == .success)
    let opened = try fixture.memory.load(VirtualAddress.self, at: handle)
    let buffer = try fixture.allocate(128)
    let length = try fixture.allocate(4)
    let query = "ZwQueryInformationProcess"
    #expect(
      try fixture.status(query, opened, UInt32(24), buffer, UInt32(8), length)
        == .infoLengthMismatch
    )
    #expect(try fixture.status(query, opened, UInt32(24), buffer, UInt32(4), length) == .success)
    #expect(try fixture.status(query, opened, UInt32(27), buffer, UInt32(128), length) == .success)
    let name = try fixture.memory.text(of: GuestPointer<CountedString>(buffer))
    #expect(name == "\\Device\\HarddiskVolume1\\program.exe")
    #expect(throws: Unmodelled.self) {
      try fixture.status(query, opened, UInt32(0), buffer, UInt32(48), length)
    }
  }

  @Test(arguments: hosts.filter { $0.release >= .vista })
  func `memory is copied between processes up to what is not there`(host: Host) throws {
    let fixture = try host.fixture()
    let processes = fixture.kernel.processes
    let (first, second) = (try processes.requester(1), try processes.requester(2))
    try processes.enter(first)
    let source = try fixture.manager.allocateUserBuffer(8192, byteOffset: 0)
    try fixture.memory.store(bytes: (0..<8192).map { UInt8($0 % 251) }, at: source)
    try processes.enter(second)
    let target = try fixture.manager.allocateUserBuffer(8192, byteOffset: 0)
    try processes.enter(processes.system)
    let copied = try fixture.allocate(8)
    func copy(_ from: VirtualAddress, _ size: UInt64, _ mode: ProcessorMode) throws -> NTStatus {
      try fixture.status(
        "MmCopyVirtualMemory",
        first.body,
        from,
        second.body,
        target + 5,
        GuestWord(size),
        mode,
        copied
      )
    }
    #expect(try copy(source + 3, 8000, .kernel) == .success)
    #expect(try fixture.memory.load(GuestWord.self, at: copied).rawValue == 8000)
    // STATUS_PARTIAL_COPY, with what came before the end of the buffer.
    #expect(try copy(source + 8092, 200, .user) == NTStatus(0x8000_000D))
    #expect(try fixture.memory.load(GuestWord.self, at: copied).rawValue == 100)
    #expect(try copy(first.body, 8, .user) == .accessViolation)
    #expect(try copy(source, .max, .kernel) == .accessViolation)
    try processes.enter(second)
    #expect(try fixture.memory.load(UInt8.self, at: target + 5) == UInt8(8092 % 251))
    #expect(try fixture.memory.load(UInt8.self, at: target + 1005) == UInt8(1003 % 251))
  }

  @Test(arguments: hosts.filter { $0.release >= .win7 })
  func `a driver hears of the processor that there is, unless it fails`(host: Host) throws {
    let fixture = try host.fixture()
    var states: [UInt32] = []
    var fails = false
    let routine = fixture.routine { call in
      let change = VirtualAddress(rawValue: call.arguments[1].bits)
      states.append(try fixture.memory.load(UInt32.self, at: change))
      if fails {
        try fixture.memory.store(
          NTStatus.insufficientResources,
          at: VirtualAddress(rawValue: call.arguments[2].bits)
        )
      }
      return 0
    }
    let register = "KeRegisterProcessorChangeCallback"
    let context = GuestWord(9)
    let handle = try fixture.pointer(register, routine, context, UInt32(1))
    #expect(handle != .null)
    #expect(states == [0, 1])
    try fixture.call("KeDeregisterProcessorChangeCallback", handle)
    fails = true
    #expect(try fixture.pointer(register, routine, context, UInt32(1)) != .null)
    #expect(states == [0, 1, 0])
    #expect(try fixture.pointer(register, routine, context, UInt32(0)) != .null)
    #expect(states.count == 3)
  }

  @Test(arguments: hosts.filter { $0.release >= .win7 })
  func `a routine gets a stack of its own, of the size that it wants`(host: Host) throws {
    let fixture = try host.fixture()
    let before = fixture.dispatcher.current.stack
    var tops: [VirtualAddress?] = []
    let routine = fixture.routine { call in
      tops.append(call.stackTop)
      let stack = fixture.dispatcher.current.stack
      let top = try #require(call.stackTop)
      #expect(stack.contains(top))
      #expect(stack != before)
      return 0
    }
    let expand = "KeExpandKernelStackAndCalloutEx"
    let null = VirtualAddress.null
    func call(_ size: UInt64) throws -> NTStatus {
      try fixture.status(expand, routine, GuestWord(7), GuestWord(size), true, null)
    }
    #expect(try call(0x6000) == .success)
    #expect(fixture.dispatcher.current.stack == before)
    #expect(try call(.max) == NTStatus(0xC000_00F1))
    #expect(tops.count == 1)
  }
}
