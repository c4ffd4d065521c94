import GuestABI
import NTKernel
import NTReleases
import NTStructures
import Testing

/// A mini-filter, whose call-backs are the test's.
struct MiniFilterFixture {
  let fixture: KernelFixture
  let stack: DriverStack
  /// What the call-backs were called with, by their names.
  final class Calls {
    var all: [(name: String, arguments: [UInt64])] = []
  }

  let calls = Calls()
  var memory: AddressSpace { fixture.memory }

  init(_ host: Host, hasInstance: Bool = true) throws {
    fixture = try host.fixture()
    stack = try DriverStack(fixture)
    let registry = fixture.kernel.registry
    let key = registry.makeServiceKey("Test", imagePath: "test.sys")
    guard hasInstance else { return }
    let path = key.path.split(separator: "\\").dropFirst().joined(separator: "\\")
    let instances = registry.makeKey(path + "\\Instances")
    instances.setValue(RegistryValue("DefaultInstance", "Test Instance"))
    let instance = registry.makeKey(path + "\\Instances\\Test Instance")
    instance.setValue(RegistryValue("Altitude", "370030"))
    instance.setValue(RegistryValue("Flags", 0))
  }

  /// Makes a call-back.
  func callback(_ name: String, _ status: NTStatus = .success) -> VirtualAddress {
    let calls = calls
    return fixture.routine { call in
      calls.all.append((name, call.arguments.map(\.bits)))
      return status.guestBits
    }
  }

  /// What is registered.
  func makeRegistration(
    version: UInt16 = 0x0203,
    setup: NTStatus = .success,
    contexts: [(type: UInt16, size: UInt64)] = []
  ) throws -> GuestPointer<FltRegistration> {
    let registration = GuestPointer<FltRegistration>(try fixture.allocate(0x80))
    let view = memory[registration]
    let size = FltContextRegistration.size(on: memory.architecture)
    let list = try fixture.allocate((contexts.count + 1) * size)
    for (index, context) in contexts.enumerated() {
      let entry = memory[GuestPointer<FltContextRegistration>(list + index * size)]
      try entry.store(context.type, in: \.type)
      try entry.store(GuestWord(context.size), in: \.byteCount)
      try entry.store(callback("cleanup"), in: \.cleanup)
    }
    let end = GuestPointer<FltContextRegistration>(list + contexts.count * size)
    try memory[end].store(0xFFFF, in: \.type)
    try view.store(version, in: \.version)
    try view.store(list, in: \.contexts)
    try view.store(callback("unload"), in: \.unload)
    try view.store(callback("setup", setup), in: \.instanceSetup)
    try view.store(callback("start"), in: \.instanceTeardownStart)
    try view.store(callback("complete"), in: \.instanceTeardownComplete)
    return registration
  }

  /// Registers, and returns the filter.
  func register(_ registration: GuestPointer<FltRegistration>) throws -> VirtualAddress {
    let result = try fixture.allocate(8)
    let status = try fixture.status("FltRegisterFilter", stack.driver, registration, result)
    #expect(status == .success)
    return try memory.load(at: result)
  }

  func string(_ text: String) throws -> GuestPointer<CountedString> {
    let units = Array(text.utf16)
    let string = GuestPointer<CountedString>(try fixture.allocate(16))
    let buffer = try fixture.allocate(units.count * 2 + 2)
    for (index, unit) in units.enumerated() { try memory.store(unit, at: buffer + index * 2) }
    let count = units.count * 2
    try memory.set(string, buffer: buffer, length: count, maximumLength: count)
    return string
  }
}

@Suite struct FilterManagerTests {
  private static let hosts = [
    Host(release: .wxpsp2, architecture: .x86), Host(release: .win11_22h2, architecture: .x64),
  ]

  @Test(arguments: hosts)
  func `a filter registers with any minor version of its major version`(host: Host) throws {
    for (version, status) in [
      (UInt16(0x0200), NTStatus.success), (0x0203, .success), (0x02FF, .success),
      (0x0100, .invalidParameter), (0x0300, .invalidParameter),
    ] {
      let filter = try MiniFilterFixture(host)
      let registration = try filter.makeRegistration(version: version)
      let result = try filter.fixture.allocate(8)
      let found = try filter.fixture.status(
        "FltRegisterFilter",
        filter.stack.driver,
        registration,
        result
      )
      #expect(found == status)
    }
  }

  @Test(arguments: hosts)
  func `a filter without an instance in the registry does not register`(host: Host) throws {
    let filter = try MiniFilterFixture(host, hasInstance: false)
    let registration = try filter.makeRegistration()
    let result = try filter.fixture.allocate(8)
    let status = try filter.fixture.status(
      "FltRegisterFilter",
      filter.stack.driver,
      registration,
      result
    )
    #expect(status == .objectNameNotFound)
  }

  @Test(arguments: hosts)
  func `instances are set up when filtering starts and torn down when it ends`(host: Host) throws {
    let filter = try MiniFilterFixture(host)
    let address = try filter.register(filter.makeRegistration())
    #expect(filter.calls.all.isEmpty)
    #expect(try filter.fixture.status("FltStartFiltering", address) == .success)
    #expect(try filter.fixture.status("FltStartFiltering", address) == .invalidParameter)
    // Automatic attachment to a volume of a disk with NTFS.
    #expect(filter.calls.all.map(\.name) == ["setup"])
    #expect(Array(filter.calls.all[0].arguments.dropFirst()) == [1, 8, 2])
    try filter.fixture.call("FltUnregisterFilter", address)
    #expect(filter.calls.all.map(\.name) == ["setup", "start", "complete"])
    #expect(filter.calls.all[2].arguments[1] == 2)
    // It can register again.
    _ = try filter.register(filter.makeRegistration())
  }

  @Test(arguments: hosts)
  func `a filter that does not want a volume gets no instance`(host: Host) throws {
    let filter = try MiniFilterFixture(host)
    let doNotAttach = NTStatus(0xC01C_000F)
    let address = try filter.register(filter.makeRegistration(setup: doNotAttach))
    #expect(try filter.fixture.status("FltStartFiltering", address) == .success)
    let count = try filter.fixture.allocate(4)
    let null = VirtualAddress.null
    let status = try filter.fixture.status(
      "FltEnumerateInstances",
      null,
      address,
      null,
      UInt32(0),
      count
    )
    #expect(status == .success)
    #expect(try filter.memory.load(UInt32.self, at: count) == 0)
    try filter.fixture.call("FltUnregisterFilter", address)
    #expect(filter.calls.all.map(\.name) == ["setup"])
  }

  @Test(arguments: hosts)
  func `contexts live as long as somebody refers to them`(host: Host) throws {
    let filter = try MiniFilterFixture(host)
    let fixture = filter.fixture
    let registration = try filter.makeRegistration(contexts: [(2, 32)])
    let address = try filter.register(registration)
    #expect(try fixture.status("FltStartFiltering", address) == .success)
    let list = try fixture.allocate(8)
    let count = try fixture.allocate(4)
    let null = VirtualAddress.null
    _ = try fixture.status("FltEnumerateInstances", null, address, list, UInt32(1), count)
    let instance: VirtualAddress = try filter.memory.load(at: list)
    #expect(instance != null)
    let result = try fixture.allocate(8)
    func allocate(_ type: UInt16, _ size: Int) throws -> NTStatus {
      let size = GuestWord(size)
      return try fixture.status("FltAllocateContext", address, type, size, UInt32(0), result)
    }
    #expect(try allocate(2, 31) == .fltContextAllocationNotFound)
    #expect(try allocate(8, 32) == .fltContextAllocationNotFound)
    #expect(try fixture.status("FltGetInstanceContext", instance, result) == .notFound)
    #expect(try allocate(2, 32) == .success)
    let first: VirtualAddress = try filter.memory.load(at: result)
    func set(_ operation: UInt32, _ context: VirtualAddress) throws -> NTStatus {
      try fixture.status("FltSetInstanceContext", instance, operation, context, null)
    }
    #expect(try set(1, first) == .success)
    #expect(try set(1, first) == .fltContextAlreadyLinked)
    try fixture.call("FltReleaseContext", first)
    #expect(!filter.calls.all.contains { $0.name == "cleanup" })
    #expect(try allocate(2, 32) == .success)
    let second: VirtualAddress = try filter.memory.load(at: result)
    #expect(try set(1, second) == .fltContextAlreadyDefined)
    // The one that is replaced has no other reference.
    #expect(try set(0, second) == .success)
    #expect(filter.calls.all.last?.name == "cleanup")
    #expect(filter.calls.all.last?.arguments == [first.rawValue, 2])
    #expect(try fixture.status("FltGetInstanceContext", instance, result) == .success)
    #expect(try filter.memory.load(VirtualAddress.self, at: result) == second)
    try fixture.call("FltReleaseContext", second)
    try fixture.call("FltReleaseContext", second)
    try fixture.call("FltObjectDereference", instance)
    // The instance's reference ends with it.
    try fixture.call("FltUnregisterFilter", address)
    #expect(filter.calls.all.last?.name == "cleanup")
    #expect(filter.calls.all.last?.arguments == [second.rawValue, 2])
  }

  @Test(arguments: hosts)
  func `a port needs a kernel handle, room and a name of its own`(host: Host) throws {
    let filter = try MiniFilterFixture(host)
    let fixture = filter.fixture
    let address = try filter.register(filter.makeRegistration())
    let descriptor = try fixture.allocate(8)
    #expect(
      try fixture.status("FltBuildDefaultSecurityDescriptor", descriptor, UInt32(0x1F_0001))
        == .success
    )
    let attributes = GuestPointer<ObjectAttributes>(try fixture.allocate(0x30))
    let name = try filter.string(#"\TestPort"#)
    func create(_ flags: UInt32, _ connections: Int32, _ result: VirtualAddress) throws -> NTStatus
    {
      try filter.memory[attributes].store(name, in: \.objectName)
      try filter.memory[attributes].store(flags, in: \.attributes)
      let null = VirtualAddress.null
      let routine = VirtualAddress(rawValue: 0x1000)
      return try fixture.status(
        "FltCreateCommunicationPort",
        address,
        result,
        attributes,
        null,
        routine,
        routine,
        null,
        connections
      )
    }
    let result = try fixture.allocate(8)
    #expect(try create(0x40, 1, result) == .invalidParameter)
    #expect(try create(0x240, 0, result) == .invalidParameter)
    #expect(try create(0x240, 1, result) == .success)
    #expect(try create(0x240, 1, fixture.allocate(8)) == .objectNameCollision)
    try fixture.call(
      "FltCloseCommunicationPort",
      filter.memory.load(VirtualAddress.self, at: result)
    )
    #expect(try create(0x240, 1, result) == .success)
    // Nobody is connected.
    let port = try fixture.allocate(8)
    let null = VirtualAddress.null
    let sent = try fixture.status(
      "FltSendMessage",
      address,
      port,
      null,
      UInt32(0),
      null,
      null,
      null
    )
    #expect(sent == .portDisconnected)
    let block: VirtualAddress = try filter.memory.load(at: descriptor)
    try fixture.call("FltFreeSecurityDescriptor", block)
  }

  @Test(
    arguments: hosts,
    [
      (#"\Documents\Test Results.txt:stream1"#, "Test Results.txt:stream1", "txt", ":stream1"),
      (#"\a.b\c"#, "c", "", ""), (#"\a.b\c."#, "c.", "", ""), (#"\.x"#, ".x", "x", ""),
      (#"\"#, "", "", ""), (#"\d\e.f.g::$DATA"#, "e.f.g::$DATA", "g", "::$DATA"), ("", "", "", ""),
    ]
  )
  func `a name has a final component, an extension and a stream`(
    host: Host,
    _ example: (name: String, final: String, extension: String, stream: String)
  ) throws {
    let filter = try MiniFilterFixture(host)
    let name = try filter.string(example.name)
    let parts = try (0..<3).map { _ in
      GuestPointer<CountedString>(try filter.fixture.allocate(16))
    }
    let status = try filter.fixture.status(
      "FltParseFileName",
      name,
      parts[0],
      parts[1],
      parts[2]
    )
    #expect(status == .success)
    let texts = try parts.map { try filter.memory.text(of: $0) }
    #expect(texts == [example.extension, example.stream, example.final])
  }
}
