import GuestABI
import NTKernel
import NTStructures
import Testing

/// Events and timers through handles, in a kernel.
@Suite struct WaitableObjectTests {
  private struct Caller {
    let fixture: ExecutiveFixture
    let null = VirtualAddress.null
    let all: UInt32 = 0x1F_0003

    init(_ architecture: Architecture) throws { fixture = try ExecutiveFixture(architecture) }

    func status<each Argument: GuestScalar>(
      _ name: String,
      _ argument: repeat each Argument
    ) throws -> NTStatus {
      NTStatus(guestBits: try fixture.call(name, repeat each argument))
    }

    /// Stores an `OBJECT_ATTRIBUTES` with a name, and returns where.
    func attributes(_ name: String, flags: UInt32 = 0x240) throws -> VirtualAddress {
      let memory = fixture.memory
      let text = try fixture.allocate(name.utf16.count * 2 + 2)
      for (index, unit) in name.utf16.enumerated() { try memory.store(unit, at: text + index * 2) }
      let string = GuestPointer<CountedString>(try fixture.allocate(16))
      let length = name.utf16.count * 2
      try memory.set(string, buffer: text, length: length, maximumLength: length + 2)
      let place = GuestPointer<ObjectAttributes>(try fixture.allocate(0x30))
      try memory.modify(place) {
        $0.length = UInt32(ObjectAttributes.size(on: memory.architecture))
        $0.objectName = string
        $0.attributes = flags
      }
      return place.address
    }

    func event(_ type: UInt32, _ isSignalled: Bool, _ name: String? = nil) throws -> VirtualAddress
    {
      let handle = try fixture.allocate(8)
      let attributes = try name.map { try self.attributes($0) } ?? null
      #expect(try status("ZwCreateEvent", handle, all, attributes, type, isSignalled) == .success)
      return try fixture.memory.load(at: handle)
    }

    /// Returns a pointer to an interval in units of 100 ns.
    func interval(_ time: Int64) throws -> VirtualAddress {
      let place = try fixture.allocate(8)
      try fixture.memory.store(time, at: place)
      return place
    }

    func wait(_ handle: VirtualAddress) throws -> NTStatus {
      try status("ZwWaitForSingleObject", handle, false, interval(0))
    }
  }

  @Test(arguments: Architecture.allCases)
  func `an event is set, reset and pulsed, and says what it was`(architecture: Architecture) throws
  {
    let caller = try Caller(architecture)
    let previous = try caller.fixture.allocate(4)
    func change(_ name: String, _ handle: VirtualAddress) throws -> Int32 {
      #expect(try caller.status(name, handle, previous) == .success)
      return try caller.fixture.memory.load(at: previous)
    }
    let notification = try caller.event(0, false)
    #expect(try caller.wait(notification) == .timeout)
    #expect(try change("ZwSetEvent", notification) == 0)
    #expect(try change("ZwSetEvent", notification) == 1)
    #expect(try caller.wait(notification) == .success)
    #expect(try caller.wait(notification) == .success)
    #expect(try change("ZwResetEvent", notification) == 1)
    #expect(try change("ZwPulseEvent", notification) == 0)
    #expect(try caller.wait(notification) == .timeout)
    let synchronization = try caller.event(1, true)
    #expect(try caller.wait(synchronization) == .success)
    #expect(try caller.wait(synchronization) == .timeout)
    #expect(try caller.status("ZwSetEvent", synchronization, caller.null) == .success)
    #expect(try caller.status("ZwClearEvent", synchronization) == .success)
    #expect(try caller.wait(synchronization) == .timeout)
  }

  @Test(arguments: Architecture.allCases)
  func `a thread waits until an event is set or its time is up`(architecture: Architecture) throws {
    let caller = try Caller(architecture)
    let fixture = caller.fixture
    let event = try caller.event(1, false)
    let first = fixture.dispatcher.current
    #expect(try fixture.start("ZwWaitForSingleObject", event, false, caller.null) == nil)
    _ = try fixture.switchToNewThread()
    #expect(first.state == .waiting)
    #expect(try caller.status("ZwSetEvent", event, caller.null) == .success)
    #expect(first.state == .ready && first.waitStatus == 0)
    let second = fixture.dispatcher.current
    let time = try caller.interval(-1_000_000)
    #expect(try fixture.start("ZwWaitForSingleObject", event, false, time) == nil)
    try fixture.switchTo(first)
    try fixture.dispatcher.advance(by: 1_000_000)
    #expect(second.state == .ready && NTStatus(guestBits: second.waitStatus) == .timeout)
  }

  @Test(arguments: Architecture.allCases)
  func `several objects are waited for, any or all`(architecture: Architecture) throws {
    let caller = try Caller(architecture)
    let memory = caller.fixture.memory
    let handles = [try caller.event(1, false), try caller.event(1, true)]
    let list = try caller.fixture.allocate(16)
    for (index, handle) in handles.enumerated() {
      try memory.store(handle, at: list + index * architecture.pointerSize)
    }
    func wait(_ type: UInt32, count: UInt32 = 2) throws -> NTStatus {
      let timeout = try caller.interval(0)
      return try caller.status("ZwWaitForMultipleObjects", count, list, type, false, timeout)
    }
    #expect(try wait(0) == .timeout)
    #expect(try wait(1) == NTStatus(1))
    #expect(try wait(1) == .timeout)
    for handle in handles { _ = try caller.status("ZwSetEvent", handle, caller.null) }
    #expect(try wait(0) == .success)
    #expect(try wait(0) == .timeout)
    #expect(try wait(0, count: 0) == .invalidParameter1)
    #expect(try wait(0, count: 65) == .invalidParameter1)
  }

  @Test(arguments: Architecture.allCases)
  func `a named event is opened, and its body is a KEVENT`(architecture: Architecture) throws {
    let caller = try Caller(architecture)
    let fixture = caller.fixture
    let name = "\\BaseNamedObjects\\Ready"
    let handle = try fixture.allocate(8)
    func open() throws -> NTStatus {
      try caller.status("ZwOpenEvent", handle, caller.all, caller.attributes(name))
    }
    #expect(try open() == .objectNameNotFound)
    let event = try caller.event(0, false, name)
    #expect(try open() == .success)
    let second = try fixture.memory.load(VirtualAddress.self, at: handle)
    let status = try caller.status(
      "ZwCreateEvent",
      handle,
      caller.all,
      caller.attributes(name),
      UInt32(0),
      false
    )
    #expect(status == .objectNameCollision)
    let body = try fixture.allocate(8)
    let kernel: UInt8 = 0
    #expect(
      try caller.status(
        "ObReferenceObjectByHandle",
        second,
        caller.all,
        caller.null,
        kernel,
        body,
        caller.null
      ) == .success
    )
    let object = try fixture.memory.load(VirtualAddress.self, at: body)
    _ = try fixture.call("KeSetEvent", object, UInt32(0), false)
    #expect(try caller.wait(event) == .success)
    for handle in [event, second] { #expect(try caller.status("ZwClose", handle) == .success) }
    _ = try fixture.call("ObfDereferenceObject", object, convention: .fastcall)
    #expect(try open() == .objectNameNotFound)
  }

  @Test(arguments: Architecture.allCases)
  func `a timer expires, and stops when it is cancelled or closed`(architecture: Architecture)
    throws
  {
    let caller = try Caller(architecture)
    let fixture = caller.fixture
    let place = try fixture.allocate(8)
    let type: UInt32 = 0
    #expect(
      try caller.status("ZwCreateTimer", place, caller.all, caller.null, type) == .success
    )
    let timer = try fixture.memory.load(VirtualAddress.self, at: place)
    let state = try fixture.allocate(1)
    func set() throws -> NTStatus {
      let due = try caller.interval(-10_000)
      let period: Int32 = 0
      return try caller.status(
        "ZwSetTimer",
        timer,
        due,
        caller.null,
        caller.null,
        false,
        period,
        state
      )
    }
    #expect(try set() == .success)
    #expect(try caller.wait(timer) == .timeout)
    try fixture.dispatcher.advance(by: 10_000)
    #expect(try caller.wait(timer) == .success)
    #expect(try set() == .success)
    #expect(try fixture.memory.load(Bool.self, at: state))
    #expect(try caller.status("ZwCancelTimer", timer, state) == .success)
    #expect(try !fixture.memory.load(Bool.self, at: state))
    try fixture.dispatcher.advance(by: 20_000)
    #expect(try caller.wait(timer) == .timeout)
    #expect(try set() == .success)
    #expect(try caller.status("ZwClose", timer) == .success)
    // The memory of the timer is gone; nothing must expire in it.
    try fixture.dispatcher.advance(by: 20_000)
  }

  @Test(arguments: Architecture.allCases)
  func `handles of the wrong kind are told apart`(architecture: Architecture) throws {
    let caller = try Caller(architecture)
    let event = try caller.event(0, true)
    let unknown = VirtualAddress(rawValue: 0x4444)
    #expect(try caller.status("ZwCancelTimer", event, caller.null) == .objectTypeMismatch)
    #expect(try caller.status("ZwSetEvent", unknown, caller.null) == .invalidHandle)
    #expect(try caller.wait(unknown) == .invalidHandle)
  }

  @Test(arguments: Architecture.allCases)
  func `a handle is duplicated with its rights or with others`(architecture: Architecture) throws {
    let caller = try Caller(architecture)
    let fixture = caller.fixture
    let event = try caller.event(0, false)
    let target = try fixture.allocate(8)
    let process = VirtualAddress(rawValue: architecture == .x86 ? 0xFFFF_FFFF : .max)
    func duplicate(_ options: UInt32) throws -> VirtualAddress {
      let (access, attributes): (UInt32, UInt32) = (2, 0)
      let status = try caller.status(
        "ZwDuplicateObject",
        process,
        event,
        process,
        target,
        access,
        attributes,
        options
      )
      #expect(status == .success)
      return try fixture.memory.load(at: target)
    }
    func access(_ handle: VirtualAddress) throws -> UInt32 {
      let buffer = try fixture.allocate(56)
      let (kind, length): (UInt32, UInt32) = (0, 56)
      #expect(
        try caller.status("ZwQueryObject", handle, kind, buffer, length, caller.null) == .success
      )
      return try fixture.memory.load(at: buffer + 4)
    }
    #expect(try access(duplicate(2)) == caller.all)
    // A handle's flags are seen in its attributes.
    func attributes() throws -> UInt32 {
      let buffer = try fixture.allocate(56)
      let (kind, length): (UInt32, UInt32) = (0, 56)
      _ = try caller.status("ZwQueryObject", event, kind, buffer, length, caller.null)
      return try fixture.memory.load(at: buffer)
    }
    let flags = try fixture.allocate(2)
    for inherits in [true, false] {
      try fixture.memory.store(inherits, at: flags)
      let (kind, length): (UInt32, UInt32) = (4, 2)
      let status = try caller.status("ZwSetInformationObject", event, kind, flags, length)
      #expect(status == .success)
      #expect(try attributes() == (inherits ? 2 : 0))
    }
    let last = try duplicate(1)
    #expect(try access(last) == 2)
    #expect(try caller.wait(event) == .invalidHandle)
    #expect(try caller.wait(last) == .timeout)
  }
}
